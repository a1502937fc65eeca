package config

// Checker is a setting, or a struct of settings, that looks at itself once it was decoded without a mistake.
type Checker interface{ Check(r *Report) }

// Report takes what a Check finds wrong. Paths are as in the file and relative to the value checked: "brokers[0]",
// "tls.cert", "" for the value itself; what the file does not hold is reported at what it would stand in.
type Report struct {
	d      *decoder
	at     place
	failed bool
}

// Errorf refuses the value at path.
func (r *Report) Errorf(path, format string, args ...any) {
	r.failed = true
	r.d.found.add(r.d.foreign(r.at, path, format, args))
}

// Warnf warns about the value at path and lets it pass.
func (r *Report) Warnf(path, format string, args ...any) {
	r.d.warned.add(r.d.foreign(r.at, path, format, args))
}

// IsSet reports whether the file gives the value at path.
func (r *Report) IsSet(path string) bool {
	_, all := r.at.find(path)
	return all
}
