package pairs

import (
	"strconv"
	"strings"

	"nflogship/event"
)

// Proto is the protocol as firewalls write it, in capitals, or its number.
func Proto(p uint8) string { return protos[p] }

var protos = func() (names [256]string) {
	for p := range names {
		if names[p] = strings.ToUpper(event.ProtoName(uint8(p))); names[p] == "" {
			names[p] = strconv.Itoa(p)
		}
	}
	return names
}()

// Severity is how much a packet matters, from 1 to 10: little, and one that was let through least. QRadar and ArcSight
// both call up to 3 low.
func Severity(a event.Action) byte {
	if a == event.ActionDrop || a == event.ActionReject {
		return '3'
	}
	return '1'
}
