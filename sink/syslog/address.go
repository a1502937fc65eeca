package syslog

import (
	"errors"
	"fmt"
	"net"
	"net/url"
	"path/filepath"
	"strconv"
)

// address is where the receiver is.
type address struct {
	text    string // as written
	network string // udp, tcp, tls or unix
	host    string // without its port: the name a certificate must hold
	dial    string // host:port, or the socket's path
}

// defaultPorts: RFC 5426 and 5425 name theirs. Plain TCP was given none; 514 is what receivers listen on.
var defaultPorts = map[string]string{"udp": "514", "tcp": "514", "tls": "6514"}

// framed says whether messages need a mark between them that a user can choose.
func (a address) framed() bool { return a.network == "tcp" || a.network == "tls" }

func parseAddress(text string) (address, error) {
	u, err := url.Parse(text)
	if err != nil {
		var parse *url.Error
		if errors.As(err, &parse) {
			err = parse.Err
		}
		return address{}, fmt.Errorf("%q is not an address: %w", text, err)
	}
	switch u.Scheme {
	case "udp", "tcp", "tls":
		return hostAddress(text, u)
	case "unix":
		return socketAddress(text, u)
	case "relp", "relp+tls":
		return address{}, fmt.Errorf("%s:// is not in this version; use tcp:// or tls://", u.Scheme)
	}
	return address{}, fmt.Errorf("%q must start with udp://, tcp://, tls:// or unix://", text)
}

func hostAddress(text string, u *url.URL) (address, error) {
	if u.Hostname() == "" || u.User != nil || u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.Fragment != "" {
		return address{}, fmt.Errorf("%q is not %s://HOST or %s://HOST:PORT", text, u.Scheme, u.Scheme)
	}
	port := u.Port()
	if port == "" {
		port = defaultPorts[u.Scheme]
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return address{}, fmt.Errorf("%q: a port is a number from 1 to 65535", text)
	}
	return address{text, u.Scheme, u.Hostname(), net.JoinHostPort(u.Hostname(), port)}, nil
}

func socketAddress(text string, u *url.URL) (address, error) {
	const maxPath = 107 // sockaddr_un.sun_path less its NUL, include/uapi/linux/un.h
	switch {
	case u.Host != "" || u.User != nil || u.RawQuery != "" || u.Fragment != "" || !filepath.IsAbs(u.Path) || u.Path == "/":
		return address{}, fmt.Errorf("%q is not unix:///PATH, such as unix:///dev/log", text)
	case len(u.Path) > maxPath:
		return address{}, fmt.Errorf("%q: a socket's path has at most %d bytes", text, maxPath)
	}
	return address{text: text, network: "unix", dial: u.Path}, nil
}
