package syslog

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"strings"
	"sync"
	"time"

	"nflogship/internal/tlsconf"
)

// verdictTime is how long a TLS 1.3 server gets to refuse our certificate, when it sends nothing to say that it took it.
const verdictTime = 500 * time.Millisecond

// tlsConfig reads the files anew: certificates are renewed while we run.
func (s *Sender) tlsConfig() (*tls.Config, error) {
	c := s.tls
	if c == nil {
		c = &tlsconf.Config{}
	}
	conf, err := c.Load()
	if err != nil {
		return nil, err
	}
	if conf.ServerName == "" {
		conf.ServerName = s.address.host
	}
	conf.DynamicRecordSizingDisabled = true // small records serve web pages, not us
	return conf, nil
}

// handshake makes raw a TLS connection. It closes raw on failure.
func (s *Sender) handshake(ctx context.Context, raw net.Conn) (wire, error) {
	conf, err := s.tlsConfig()
	if err != nil {
		raw.Close()
		return nil, err
	}
	v := newVerdict(conf)
	conn := tls.Client(raw, conf)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		if alert := alertOf(err); alert != nil && v.asked && len(conf.Certificates) == 0 {
			return nil, s.refusedCertificate(alert) // which before TLS 1.3 is a mere "handshake failure"
		}
		return nil, s.explainTLS(err)
	}
	st, err := s.stream(conn, raw)
	if err != nil {
		return nil, err
	}
	if v.asked && conn.ConnectionState().Version >= tls.VersionTLS13 {
		if err := v.wait(ctx, st); err != nil {
			st.close(ctx, false)
			return nil, err
		}
	}
	return st, nil
}

// verdict is what a TLS 1.3 server thinks of our certificate. Our side of the handshake is over before the server has seen
// it: what we wrote at once would be acknowledged by its kernel and then thrown away with the connection.
type verdict struct {
	asked bool          // the server wants a certificate
	took  chan struct{} // closed when it sent a session ticket, which it does once the handshake is over for it too
	once  sync.Once
}

func newVerdict(conf *tls.Config) *verdict {
	v := &verdict{took: make(chan struct{})}
	own := conf.Certificates
	conf.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		v.asked = true
		if len(own) == 0 {
			return &tls.Certificate{}, nil
		}
		return &own[0], nil // even if the server names other authorities: its refusal says more than silence
	}
	conf.ClientSessionCache = v
	return v
}

// Put implements tls.ClientSessionCache: a ticket has come.
func (v *verdict) Put(string, *tls.ClientSessionState) { v.once.Do(func() { close(v.took) }) }

// Get implements tls.ClientSessionCache: no session is taken up again.
func (v *verdict) Get(string) (*tls.ClientSessionState, bool) { return nil, false }

func (v *verdict) wait(ctx context.Context, s *stream) error {
	silence := time.NewTimer(verdictTime)
	defer silence.Stop()
	select {
	case <-v.took:
	case <-silence.C:
	case <-s.gone:
		err := s.explain(s.end)
		if alertOf(s.end) == nil {
			err = fmt.Errorf("%w right after it asked for our certificate: does it accept the one in tls.cert?", err)
		}
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	return nil
}

// explainTLS says what to do about an error of TLS, and passes any other on.
func (s *Sender) explainTLS(err error) error {
	var (
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		record  tls.RecordHeaderError
	)
	alert := alertOf(err)
	switch {
	case errors.As(err, &unknown) && s.tls != nil && s.tls.CA != "":
		return fmt.Errorf("the server's certificate is of no authority in tls.ca (%s): %w", s.tls.CA, unknown)
	case errors.As(err, &unknown):
		return fmt.Errorf("the server's certificate is of no authority that this system trusts: set tls.ca: %w", unknown)
	case errors.As(err, &name):
		return fmt.Errorf("the server's certificate is for another name: set tls.server_name if that is right: %w", name)
	case errors.As(err, &invalid):
		return fmt.Errorf("the server's certificate is not valid: %w", invalid)
	case errors.As(err, &record):
		return fmt.Errorf("the server does not speak TLS there: %w", record)
	case alert != nil && strings.Contains(alert.Error(), "certificate"):
		return s.refusedCertificate(alert)
	}
	return cause(err)
}

// alertOf returns the TLS alert that the server sent, nil if err is something else. crypto/tls has no type for it.
func alertOf(err error) error {
	var remote *net.OpError
	if errors.As(err, &remote) && remote.Op == "remote error" {
		return remote.Err
	}
	return nil
}

func (s *Sender) refusedCertificate(err error) error {
	if s.tls == nil || s.tls.Cert == "" {
		return fmt.Errorf("the server wants a certificate of us: set tls.cert and tls.key: %w", err)
	}
	return fmt.Errorf("the server refused our certificate in tls.cert (%s): %w", s.tls.Cert, err)
}
