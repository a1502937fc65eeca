// Package queue holds encoded records between the router and one sink: bounded, in order, accounted for.
package queue

import (
	"nflogship/encode"
	"nflogship/event"
)

// Policy is what a full queue does.
type Policy uint8

// The policies.
const (
	Block      Policy = iota // whoever brings more waits
	DropNewest               // what comes is shed
	DropOldest               // what has waited longest is shed
)

// Config bounds a queue. What the sender has taken and not finished counts too.
type Config struct {
	MaxBytes  int64
	MaxEvents int
	WhenFull  Policy
}

// Room is a place in a queue for some events. It is given by Reserve and used up by Append.
type Room struct {
	Events int
	bytes  int64 // as estimated
}

// end finishes a payload that goes no further.
func end(p *encode.Payload, o event.Outcome) {
	d := p.Delivery
	p.Release()
	d.Finish(o)
}
