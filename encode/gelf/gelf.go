// Package gelf prints messages of the Graylog Extended Log Format, version 1.1: the fields of the json format, flat and with
// an underscore before their names. What would be true there is 1: GELF has strings and numbers only.
package gelf

import (
	"nflogship/encode"
	"nflogship/encode/internal/jsontext"
	"nflogship/encode/internal/keys"
	"nflogship/event"
)

// New returns the format. Own fields come last, sorted by name.
func New(cfg Config, own map[string]string) (*encode.Codec, error) {
	end, err := format.New(cfg.options(), own)
	if err != nil {
		return nil, err
	}
	return &encode.Codec{Name: "gelf", Framing: encode.Line, New: func() encode.Encoder {
		return &encoder{heads: jsontext.NewOrigins(appendHead), end: end}
	}}, nil
}

// encoder belongs to one goroutine.
type encoder struct {
	heads jsontext.Origins
	end   *keys.Ending
}

// appendHead appends what comes before the message's own. GELF wants a host.
func appendHead(dst []byte, o *event.Origin) []byte {
	dst = append(dst, `{"version":"1.1","host":`...)
	if o.Host == "" {
		return append(dst, `"unknown"`...)
	}
	return jsontext.AppendString(dst, o.Host)
}

// AppendEvent has a place for every event.
func (x *encoder) AppendEvent(dst []byte, b *event.Batch, e *event.Event) ([]byte, bool) {
	start := len(dst)
	origin := b.Origins[e.Origin]
	dst = append(dst, x.heads.Text(origin)...)
	if e.Kind == event.Summarised {
		dst = appendSummary(dst, b, e)
	} else {
		dst = appendPacket(dst, b, e)
	}
	return x.end.Append(dst, start, b, e), true
}

// levels are syslog severities: a warning, as the kernel's own log has it, for what was stopped.
var levels = [...]string{event.ActionNone: `,"level":6`, event.ActionAllow: `,"level":6`, event.ActionDrop: `,"level":4`, event.ActionReject: `,"level":4`}

// appendTime appends the time and what comes between it and the fields.
func appendTime(dst []byte, b *event.Batch, e *event.Event, action event.Action) []byte {
	dst = jsontext.AppendUnix(append(dst, `,"timestamp":`...), e.Time)
	dst = append(dst, levels[action]...)
	if e.Kind == event.Summarised {
		dst = append(dst, `,"_kind":"summary"`...)
	}
	if source := b.Origins[e.Origin].Source; source != "" {
		dst = jsontext.AppendText(dst, `,"_log_source":`, source)
	}
	return dst
}
