package syslog

import "errors"

// structuredData is the format whose records are no text, but stand in the place that RFC 5424 has for such data.
const structuredData = "structured_data"

// checkFormat refuses what is no line of text, and structured data where a message has no place for it.
func checkFormat(format string, rfc int) error {
	switch {
	case format == structuredData && rfc != 5424:
		return errors.New("structured_data needs rfc: 5424: a message of RFC 3164 has no place for it")
	case format == "pcap":
		return errors.New("pcap is a file's format: syslog takes lines of text")
	case format == "raw", format == "protobuf":
		return errors.New(format + " has no place in syslog, which takes lines of text")
	}
	return nil
}

// cutElement cuts an SD-ELEMENT (RFC 5424, section 6.3) to at most limit bytes with what must then end it. It cuts behind a
// parameter, or behind the name: a message with half a parameter is none. If not even the name fits, there is no element.
//
//	[nflog@32473 in="eth0" prefix="a \"quoted\" one" src="192.0.2.1"]
//	            ^         ^                         ^
func cutElement(record []byte, limit int) (kept []byte, end string) {
	n, quoted := 0, false
	for i := 0; i < min(len(record), limit-1); i++ {
		switch c := record[i]; {
		case c == '\\':
			i++
		case c == '"':
			if quoted = !quoted; !quoted {
				n = i + 1
			}
		case c == ' ' && n == 0:
			n = i
		}
	}
	if n == 0 {
		return nil, "-"
	}
	return record[:n], "]"
}
