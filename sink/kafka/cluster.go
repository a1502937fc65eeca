package kafka

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/createtopics"
	"github.com/segmentio/kafka-go/protocol/initproducerid"
	"github.com/segmentio/kafka-go/protocol/metadata"
)

const (
	metadataAge = 5 * time.Minute // new partitions and moved leaders are noticed within it
	topicIdle   = time.Hour       // then a topic's state is forgotten
	patience    = 5 * time.Second // with a cluster that is making a topic or a producer id
)

// cluster is what we know of the far side: brokers, topics, and who we are to it. It belongs to one goroutine.
type cluster struct {
	log      *slog.Logger
	brokers  *brokers
	topics   map[string]*topic
	asked    time.Time // when metadata of all topics last came
	stale    bool      // something happened that makes it doubtful
	producer int64     // id for partitions that have none, or noProducer
	orphans  []ref     // records whose partitions are no more
}

var errMissing = errors.New("does not exist")

// refresh asks for the metadata of every topic in use when what we have is stale or old.
func (c *cluster) refresh(ctx context.Context) error {
	age := time.Since(c.asked)
	if !c.stale && age < metadataAge {
		return nil
	}
	c.forget()
	names := make([]string, 0, len(c.topics))
	for name := range c.topics {
		names = append(names, name)
	}
	if err := c.learn(ctx, names, false); err != nil {
		return err
	}
	c.asked, c.stale = time.Now(), false
	return nil
}

// forget drops the topics that were not used for long. Their producer id is not used for new ones: brokers remember its
// sequences, and would take a new first batch for an old one.
func (c *cluster) forget() {
	for name, t := range c.topics {
		if time.Since(t.used) > topicIdle && !t.waiting() {
			delete(c.topics, name)
			c.producer = noProducer
		}
	}
}

// learn takes in the metadata of these topics. A broker that makes missing topics by itself does so if wanted.
func (c *cluster) learn(ctx context.Context, names []string, wanted bool) error {
	answer, err := c.brokers.any(ctx, &metadata.Request{TopicNames: names, AllowAutoTopicCreation: wanted})
	if err != nil {
		return err
	}
	m := answer.(*metadata.Response)
	c.brokers.learn(m)
	for i := range m.Topics {
		c.learnTopic(&m.Topics[i])
	}
	return nil
}

func (c *cluster) learnTopic(m *metadata.ResponseTopic) {
	t := c.topic(m.Name)
	switch code := kafkago.Error(m.ErrorCode); code {
	case 0, kafkago.LeaderNotAvailable:
		before := len(t.partitions)
		if !t.update(m) {
			c.replaced(t, m)
		}
		if n := len(t.partitions); before > 0 && n > before {
			c.log.Info("the topic has more partitions: keys are spread anew", "topic", t.name, "partitions", n, "before", before)
		}
	case kafkago.UnknownTopicOrPartition:
		t.err = errMissing
	case kafkago.InvalidTopic:
		t.err, t.hopeless = codeError(m.ErrorCode, ""), true
	default:
		t.err = codeError(m.ErrorCode, "")
	}
}

// topic returns the state of a topic, making an unusable one for a new name.
func (c *cluster) topic(name string) *topic {
	t, ok := c.topics[name]
	if !ok {
		t = &topic{name: name, bound: batchBytes, used: time.Now(), err: errMissing}
		c.topics[name] = t
	}
	return t
}

// replaced begins anew with a topic that was deleted and made again with fewer partitions.
func (c *cluster) replaced(t *topic, m *metadata.ResponseTopic) {
	c.log.Warn("the topic has fewer partitions: it was deleted and made again", "topic", t.name, "partitions", len(m.Partitions), "before", len(t.partitions))
	for _, p := range t.partitions {
		for _, b := range p.queue {
			c.orphans = append(c.orphans, b.refs...)
		}
		p.queue = nil
	}
	t.partitions, t.sticky, c.producer = nil, 0, noProducer
	t.update(m)
}

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
	answer, err := c.brokers.byController(ctx, m)
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

// identify returns a producer id for partitions that have none. A young broker has none to give for some 100 ms.
func (c *cluster) identify(ctx context.Context) (int64, error) {
	var err error
	for wait, waited := 50*time.Millisecond, time.Duration(0); c.producer == noProducer; wait *= 2 {
		if waited >= patience {
			return noProducer, err
		}
		var answer any
		answer, err = c.brokers.any(ctx, &initproducerid.Request{ProducerID: noProducer, ProducerEpoch: -1})
		if err != nil {
			return noProducer, err
		}
		a := answer.(*initproducerid.Response)
		switch code := kafkago.Error(a.ErrorCode); {
		case code == 0 && a.ProducerID >= 0:
			c.producer = a.ProducerID
			return c.producer, nil
		case code == kafkago.ClusterAuthorizationFailed || code == kafkago.TopicAuthorizationFailed:
			return noProducer, fmt.Errorf("the cluster refuses us a producer id: grant IDEMPOTENT_WRITE on the cluster (before Kafka 2.8) or WRITE on the topic: %w", code)
		}
		err = fmt.Errorf("the cluster has no producer id for us yet: %w", kafkago.Error(a.ErrorCode))
		if e := sleep(ctx, wait); e != nil {
			return noProducer, e
		}
		waited += wait
	}
	return c.producer, nil
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
