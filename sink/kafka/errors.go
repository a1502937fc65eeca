package kafka

import (
	"errors"
	"fmt"

	kafkago "github.com/segmentio/kafka-go"
	"github.com/segmentio/kafka-go/protocol/produce"
)

var errThrottled = errors.New("the cluster asks for a pause: a quota of this user or client is used up")

// advice says what to do about a code.
var advice = map[kafkago.Error]string{
	kafkago.UnknownTopicOrPartition:      "the topic or partition is gone from the broker",
	kafkago.MessageSizeTooLarge:          "the record is larger than the topic's max.message.bytes",
	kafkago.RequestTimedOut:              "the replicas did not confirm within 30 s",
	kafkago.NotEnoughReplicas:            "fewer replicas are in sync than the topic's min.insync.replicas",
	kafkago.NotEnoughReplicasAfterAppend: "fewer replicas are in sync than the topic's min.insync.replicas",
	kafkago.TopicAuthorizationFailed:     "grant the user WRITE and DESCRIBE on the topic",
	kafkago.ClusterAuthorizationFailed:   "grant the user IDEMPOTENT_WRITE on the cluster",
	kafkago.InvalidTimestamp:             "the record's stamp is outside the topic's message.timestamp bounds; timestamp: send avoids it",
	kafkago.UnsupportedForMessageFormat:  "the topic's message.format.version is older than 0.11",
	kafkago.UnsupportedCompressionType:   "the broker is too old for this compression; choose lz4 or none",
	kafkago.InvalidRecord:                "the broker finds the record invalid; a compacted topic wants a key",
}

// codeError is a broker's error with its message and what to do about it.
func codeError(code int16, message string) error {
	err := error(kafkago.Error(code))
	if message != "" {
		err = fmt.Errorf("%w: %s", err, message)
	}
	if a := advice[kafkago.Error(code)]; a != "" {
		err = fmt.Errorf("%s: %w", a, err)
	}
	return err
}

func answerError(a *produce.ResponsePartition) error { return codeError(a.ErrorCode, a.ErrorMessage) }

// mayHaveKept reports whether a batch may be in the log although its partition answered with code. Only what a broker
// checks before it appends is certain.
func mayHaveKept(code kafkago.Error) bool {
	switch code {
	case kafkago.TopicAuthorizationFailed, kafkago.ClusterAuthorizationFailed, kafkago.NotEnoughReplicas,
		kafkago.UnsupportedForMessageFormat, kafkago.UnsupportedVersion, kafkago.UnsupportedCompressionType:
		return false
	}
	return true
}
