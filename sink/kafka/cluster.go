package kafka

import (
	"context"
	"errors"
	"log/slog"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/metadata"
)

const (
	metadataAge = 5 * time.Minute // new partitions and moved leaders are noticed within it
	topicIdle   = time.Hour       // then a topic's state is forgotten
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
	answer, err := c.brokers.ask(ctx, &metadata.Request{TopicNames: names, AllowAutoTopicCreation: wanted})
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
