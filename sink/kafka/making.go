package kafka

import (
	"context"
	"errors"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/createtopics"
)

// patience is with a cluster that is making a topic or a producer id.
const patience = 5 * time.Second

// prepare makes topics usable, making those that are missing where the cluster lets us. A topic that still can't be used
// then says why in its err.
func (c *cluster) prepare(ctx context.Context, names []string) error {
	var unusable []string
	now := time.Now()
	for _, name := range names {
		t := c.topic(name)
		t.used = now
		if t.err != nil && !t.hopeless {
			unusable = append(unusable, name)
		}
	}
	for wait, waited := 50*time.Millisecond, time.Duration(0); len(unusable) > 0; wait *= 2 {
		if err := c.learn(ctx, unusable, true); err != nil {
			return err
		}
		if unusable = c.missing(unusable); len(unusable) == 0 || waited >= patience {
			break
		}
		if waited >= 150*time.Millisecond { // a broker that makes topics by itself has done so by now
			if err := c.makeTopics(ctx, unusable); err != nil {
				return err
			}
			unusable = c.missing(unusable)
		}
		if err := sleep(ctx, wait); err != nil {
			return err
		}
		waited += wait
	}
	return nil
}

// missing returns those of the topics that do not exist, or not fully, but may soon.
func (c *cluster) missing(names []string) []string {
	out := names[:0]
	for _, name := range names {
		if err := c.topics[name].err; errors.Is(err, errMissing) || errors.Is(err, errNoPartitions) {
			out = append(out, name)
		}
	}
	return out
}

var errNotMade = errors.New("does not exist, and making it was refused: make it, or grant CREATE on it")

// makeTopics makes topics with the cluster's own number of partitions and replicas.
func (c *cluster) makeTopics(ctx context.Context, names []string) error {
	m := &createtopics.Request{TimeoutMs: int32(controlTimeout / 2 / time.Millisecond)}
	for _, name := range names {
		m.Topics = append(m.Topics, createtopics.RequestTopic{Name: name, NumPartitions: -1, ReplicationFactor: -1})
	}
	answer, err := c.brokers.askController(ctx, m)
	if err != nil {
		return err
	}
	for _, a := range answer.(*createtopics.Response).Topics {
		t := c.topic(a.Name)
		switch code := kafkago.Error(a.ErrorCode); code {
		case 0:
			c.log.Info("made the missing topic", "topic", t.name, "partitions", a.NumPartitions, "replicas", a.ReplicationFactor)
		case kafkago.TopicAlreadyExists, kafkago.NotController, kafkago.RequestTimedOut:
		case kafkago.InvalidTopic:
			t.err, t.hopeless = codeError(a.ErrorCode, a.ErrorMessage), true
		default:
			t.err = fmt.Errorf("%w: %w", errNotMade, codeError(a.ErrorCode, a.ErrorMessage))
		}
	}
	return nil
}

func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
