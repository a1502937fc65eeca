package pcap

import (
	"errors"
	"fmt"

	"nflogship/decode"
	"nflogship/source/pcap/capture"
)

// skipped keeps account of a file's records that held no event, and warns once of each kind.
type skipped struct {
	foreign uint64 // records of link types that nothing here decodes
	first   error  // about those
	warned  bool   // about another record
}

// note takes the error of a record that gave no event. It returns one when the file has no other records to go on with.
func (s *skipped) note(r *replay, err error) error {
	var link decode.LinkTypeError
	if !errors.As(err, &link) {
		if !s.warned {
			s.warned = true
			r.warn("a record, or a message in it, holds no event; more of them in this file are only counted", err)
		}
		return nil
	}
	s.foreign++
	if s.first != nil {
		return nil
	}
	if name := capture.LinkName(r.record.Link); name != "" {
		err = fmt.Errorf("%w; %d is %s", err, link, name)
	}
	s.first = &capture.Error{Offset: r.reader.Offset() - int64(r.size-r.record.Off), Err: err}
	if !r.record.Mixed {
		return s.first
	}
	r.warn("packets of this link type are left out and counted", err)
	return nil
}

func (r *replay) warn(what string, err error) {
	r.source.deps.Log.Warn(what, "file", r.in.file.String(), "record", r.number, "error", err)
}

// atEnd is the error of a file that had records, and all of link types that nothing here decodes.
func (s *skipped) atEnd(records uint64) error {
	if s.foreign == 0 || s.foreign < records {
		return nil
	}
	return s.first
}
