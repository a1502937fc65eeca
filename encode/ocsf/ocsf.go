// Package ocsf prints events of the Open Cybersecurity Schema Framework, version 1.8: Network Activity (4001) with the
// profiles security_control and host. A summary is an event whose count, start_time and end_time say what it stands for.
package ocsf

import (
	"time"

	"nflogship/encode"
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/keys"
	"nflogship/encode/internal/rule"
	"nflogship/encode/internal/view"
	"nflogship/event"
)

// New returns the format. Own fields go to unmapped.
func New(cfg Config, own map[string]string) (*encode.Codec, error) {
	fields, err := ownFields(own)
	if err != nil {
		return nil, err
	}
	end, err := format.New(cfg.options(), nil)
	if err != nil {
		return nil, err
	}
	return &encode.Codec{Name: "ocsf", Framing: encode.Line, New: func() encode.Encoder {
		return &encoder{devices: jsontext.NewOrigins(appendDevice), packetBytes: keys.NewBytes(cfg.Packet), own: fields, end: end}
	}}, nil
}

// encoder belongs to one goroutine.
type encoder struct {
	devices     jsontext.Origins
	packetBytes keys.Bytes
	own         []byte
	end         *keys.Ending
}

// appendDevice appends the firewall. The schema wants something that identifies it.
func appendDevice(dst []byte, o *event.Origin) []byte {
	if o.Host != "" {
		dst = jsontext.AppendText(dst, `,"device":{"hostname":`, o.Host)
	} else {
		dst = append(dst, `,"device":{"name":"unknown"`...)
	}
	return append(dst, `,"type_id":9,"type":"Firewall"}`...)
}

const class = `},"category_uid":4,"category_name":"Network Activity","class_uid":4001,"class_name":"Network Activity",` +
	`"activity_id":6,"activity_name":"Traffic","type_uid":400106,"type_name":"Network Activity: Traffic",` +
	`"severity_id":1,"severity":"Informational"`

// AppendEvent has a place for every event.
func (x *encoder) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	start := len(dst)
	dst = appendMetadata(dst, b, e)
	dst = append(dst, class...)
	dst = appendMillis(dst, `,"time":`, e.Time)
	if e.Kind == event.Summarised {
		dst = x.summary(dst, b, e)
	} else {
		dst = x.packet(dst, b, e)
	}
	return x.end.Append(dst, start, b, e), true
}

func appendMetadata(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = append(dst, `{"metadata":{"version":"1.8.0","product":{"name":"netfilter","vendor_name":"Linux"},`+
		`"profiles":["security_control","host"]`...)
	if e.Kind == event.Summarised {
		return dst
	}
	if e.Is(event.HasGroup) {
		dst = jsontext.AppendQuoted(dst, `,"log_provider":"nflog:`, uint64(e.Group))
	}
	if b.Received > 0 && b.Origins[e.Origin].Live {
		dst = appendMillis(dst, `,"logged_time":`, b.Received)
	}
	return jsontext.AppendIf(dst, e.Is(event.HasSeq), `,"sequence":`, uint64(e.Seq))
}

// appendMillis appends a time as the schema has it: milliseconds since 1970.
func appendMillis(dst []byte, key string, ns int64) []byte {
	return jsontext.AppendSigned(dst, key, time.Unix(0, ns).UnixMilli())
}

// verdicts is what event.Action says: action_id, disposition_id and their captions.
var verdicts = [...]string{
	event.ActionNone:   `,"action_id":3,"action":"Observed","disposition_id":17,"disposition":"Logged","is_alert":false`,
	event.ActionAllow:  `,"action_id":1,"action":"Allowed","disposition_id":1,"disposition":"Allowed","is_alert":false`,
	event.ActionDrop:   `,"action_id":2,"action":"Denied","disposition_id":6,"disposition":"Dropped","is_alert":false`,
	event.ActionReject: `,"action_id":2,"action":"Denied","disposition_id":25,"disposition":"Rejected","is_alert":false`,
}

func (x *encoder) packet(dst []byte, b *event.Batch, e *event.Event) []byte {
	dst = append(dst, `,"count":1`...)
	dst = append(dst, verdicts[e.Action]...)
	if e.Is(event.HasPrefix) {
		dst = appendRule(dst, b.Bytes(e.Prefix))
	}
	dst = append(dst, x.devices.Text(b.Origins[e.Origin])...)
	dst = appendActor(dst, e)
	src, to := view.Ends(b, e, view.All)
	dst = appendEndpoints(dst, b, e, &src, &to, view.All)
	dst = appendConnection(dst, e, view.All)
	dst = appendTraffic(dst, e)
	dst = appendObservables(dst, &src, &to)
	return x.appendUnmapped(dst, b, e)
}

func appendRule(dst, prefix []byte) []byte {
	r := rule.Parse(prefix)
	if len(r.Name) == 0 {
		return dst
	}
	if r.ID == nil {
		return append(jsontext.AppendText(dst, `,"firewall_rule":{"name":`, r.Name), '}')
	}
	dst = jsontext.AppendText(dst, `,"firewall_rule":{"uid":`, r.ID)
	return append(jsontext.AppendText(dst, `,"name":`, r.Name), '}')
}

// appendActor appends the owner of the socket that sent the packet.
func appendActor(dst []byte, e *event.Event) []byte {
	if !e.Is(event.HasUID) {
		return dst
	}
	dst = jsontext.AppendQuoted(dst, `,"actor":{"user":{"uid":"`, uint64(e.UID))
	if e.Is(event.HasGID) {
		dst = append(jsontext.AppendQuoted(dst, `,"groups":[{"uid":"`, uint64(e.GID)), '}', ']')
	}
	return append(dst, '}', '}')
}

func appendTraffic(dst []byte, e *event.Event) []byte {
	if !e.Is(event.HasIP) {
		return append(dst, `,"traffic":{"packets":1,"packets_out":1}`...)
	}
	dst = jsontext.AppendNumber(dst, `,"traffic":{"bytes":`, uint64(e.Length))
	dst = jsontext.AppendNumber(dst, `,"packets":1,"bytes_out":`, uint64(e.Length))
	return append(dst, `,"packets_out":1}`...)
}
