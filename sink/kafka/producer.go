package kafka

import (
	"context"
	"fmt"
	"time"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/initproducerid"
)

// producer is how a broker tells our batches from all others, and a resent batch from a new one.
type producer struct {
	id       int64
	epoch    int16
	sequence int32 // of the oldest record not acknowledged yet
}

// next is the producer's sequence after n more records. It wraps from 2³¹-1 to 0.
func (p producer) next(n int) int32 { return int32((int64(p.sequence) + int64(n)) & 0x7fffffff) }

// identify returns a producer id for partitions that have none. A young broker has none to give for some 100 ms.
func (c *cluster) identify(ctx context.Context) (int64, error) {
	for wait, waited := 50*time.Millisecond, time.Duration(0); c.producer == noProducer; wait *= 2 {
		answer, err := c.brokers.ask(ctx, &initproducerid.Request{ProducerID: noProducer, ProducerEpoch: -1})
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
		case waited >= patience:
			return noProducer, fmt.Errorf("the cluster has no producer id for us yet: %w", code)
		}
		if err := sleep(ctx, wait); err != nil {
			return noProducer, err
		}
		waited += wait
	}
	return c.producer, nil
}
