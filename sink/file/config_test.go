package file

import "testing"

func TestFormats(t *testing.T) {
	for format, ok := range map[string]bool{
		"json": true, "kernel": true, "pcap": true, "protobuf": true, "raw": false, "structured_data": false,
	} {
		if err := new(Config).CheckFormat(format); (err == nil) != ok {
			t.Errorf("%s: %v", format, err)
		}
	}
}
