package jsontext

// Object is an object or array that may turn out to have nothing in it. Its members are appended with a comma before
// each, the first one too.
type Object struct{ key, open int }

// Open begins an object.
func Open(dst []byte, key string) ([]byte, Object) {
	o := Object{key: len(dst)}
	dst = append(dst, key...)
	o.open = len(dst)
	return dst, o
}

// IsEmpty reports whether nothing was put in.
func (o Object) IsEmpty(dst []byte) bool { return len(dst) == o.open }

// Close ends the object.
func (o Object) Close(dst []byte) []byte { return o.close(dst, '{', '}') }

// CloseArray ends it as an array.
func (o Object) CloseArray(dst []byte) []byte { return o.close(dst, '[', ']') }

// CloseOrDrop ends it, or takes its key away where nothing was put in.
func (o Object) CloseOrDrop(dst []byte) []byte {
	if o.IsEmpty(dst) {
		return dst[:o.key]
	}
	return o.Close(dst)
}

// CloseArrayOrDrop is CloseOrDrop for an array.
func (o Object) CloseArrayOrDrop(dst []byte) []byte {
	if o.IsEmpty(dst) {
		return dst[:o.key]
	}
	return o.CloseArray(dst)
}

func (o Object) close(dst []byte, first, last byte) []byte {
	if o.IsEmpty(dst) {
		return append(dst, first, last)
	}
	dst[o.open] = first // instead of the first member's comma
	return append(dst, last)
}
