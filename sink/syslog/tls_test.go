package syslog

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"nflogship/sink/sinktest"
)

// tlsSettings are those for a receiver at address, with whatever else goes under tls:.
func tlsSettings(address, under string) string {
	return fmt.Sprintf("{address: tls://%s, tls: {%s}}", address, under)
}

func TestTLS(t *testing.T) {
	ca := newAuthority(t, t.TempDir(), "ca")
	server := ca.issue(t, "log.example", nil)
	ca.issue(t, "me", nil)
	trust := "ca: " + ca.path("ca.pem")
	withCert := trust + ", cert: " + ca.path("me.pem") + ", key: " + ca.path("me.key")
	mutual := &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool()}
	silentServer := mutual.Clone()
	silentServer.SessionTicketsDisabled = true
	plain := &tls.Config{Certificates: []tls.Certificate{server}}
	for _, c := range []struct {
		name, under string
		server      *tls.Config
		version     uint16
	}{
		{"TLS 1.3", trust, plain, tls.VersionTLS13},
		{"TLS 1.2", trust, plain, tls.VersionTLS12},
		{"a certificate of our own, TLS 1.3", withCert, mutual, tls.VersionTLS13},
		{"a certificate of our own, TLS 1.2", withCert, mutual, tls.VersionTLS12},
		{"a server that tells nothing of our certificate", withCert, silentServer, tls.VersionTLS13},
		{"another name", trust + ", server_name: log.example", plain, tls.VersionTLS13},
		{"not verified", "insecure: true", plain, tls.VersionTLS13},
	} {
		t.Run(c.name, func(t *testing.T) {
			server := c.server.Clone()
			server.MaxVersion = c.version
			r := newReceiver(t, far{tls: server})
			s := opened(t, tlsSettings(r.address, c.under))
			if got := s.wire.(*stream).conn.(*tls.Conn).ConnectionState().Version; got != c.version {
				t.Errorf("TLS version %x", got)
			}
			records := numbered("a", 5000)
			l := sinktest.Load(records)
			if err := s.Send(t.Context(), l); err != nil || l.Open() != 0 {
				t.Fatalf("%v, %d open", err, l.Open())
			}
			eventually(t, "everything is there", func() bool { return slices.Equal(r.got(), textsOf(records)) })
		})
	}
}

func TestTLSFailuresAreSaidPlainly(t *testing.T) {
	ca := newAuthority(t, t.TempDir(), "ca")
	other := newAuthority(t, t.TempDir(), "other")
	server := ca.issue(t, "log.example", nil)
	old := ca.issue(t, "old", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	other.issue(t, "me", nil)
	trust := "ca: " + ca.path("ca.pem")
	foreign := trust + ", cert: " + other.path("me.pem") + ", key: " + other.path("me.key")
	plain := &tls.Config{Certificates: []tls.Certificate{server}}
	mutual := &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool()}
	for _, c := range []struct {
		name, under, want string
		server            *tls.Config
	}{
		{"the wrong authority", "ca: " + other.path("other.pem"), "is of no authority in tls.ca (" + other.path("other.pem"), plain},
		{"no authority", "server_name: log.example", "set tls.ca", plain},
		{"another name", trust + ", server_name: k.example", "is for another name: set tls.server_name", plain},
		{"over its time", trust, "not valid: x509: certificate has expired", &tls.Config{Certificates: []tls.Certificate{old}}},
		{"our certificate is missing", trust, "wants a certificate of us: set tls.cert", mutual},
		{"our certificate is not liked", foreign, "refused our certificate in tls.cert (" + other.path("me.pem"), mutual},
	} {
		for _, version := range []uint16{tls.VersionTLS12, tls.VersionTLS13} {
			t.Run(fmt.Sprintf("%s, %s", c.name, tls.VersionName(version)), func(t *testing.T) {
				server := c.server.Clone()
				server.MaxVersion = version
				r := newReceiver(t, far{tls: server})
				_, s := build(t, tlsSettings(r.address, c.under))
				err := s.Open(t.Context())
				if err == nil {
					s.Close(context.Background())
				}
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q in it", err, c.want)
				}
			})
		}
	}
}

func TestNoTLSThere(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	go func() {
		if c, err := listener.Accept(); err == nil {
			io.WriteString(c, "220 what is it?\r\n")
			c.Close()
		}
	}()
	_, s := build(t, tlsSettings(listener.Addr().String(), "insecure: true"))
	if err := s.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "does not speak TLS") {
		t.Error(err)
	}
}

func TestTLSHandshakeIsInterrupted(t *testing.T) {
	_, s := build(t, tlsSettings(silent(t), "insecure: true"))
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	begin := time.Now()
	if err := s.Open(ctx); err == nil || time.Since(begin) > longest/2 {
		t.Errorf("%v after %v", err, time.Since(begin))
	}
}

// TestTLSGoodbyeIsHeard: close_notify ends a connection before TCP does.
func TestTLSGoodbyeIsHeard(t *testing.T) {
	ca := newAuthority(t, t.TempDir(), "ca")
	r := newReceiver(t, far{tls: &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "log.example", nil)}}})
	s := opened(t, tlsSettings(r.address, "ca: "+ca.path("ca.pem")))
	before, after := numbered("before", 10), numbered("after", 10)
	if err := s.Send(t.Context(), sinktest.Load(before)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the first load is there", func() bool { return len(r.got()) == 10 })
	r.mu.Lock()
	for _, conn := range r.conns {
		conn.(*tls.Conn).CloseWrite()
	}
	r.mu.Unlock()
	<-s.wire.(*stream).gone
	l := sinktest.Load(after)
	mustReconnect(t, s.Send(t.Context(), l), l, 10)
	deliver(t, s, l)
	eventually(t, "both are there", func() bool { return slices.Equal(r.got(), append(textsOf(before), textsOf(after)...)) })
}

// TestRenewedCertificateIsUsed: the files are read at every connection.
func TestRenewedCertificateIsUsed(t *testing.T) {
	ca := newAuthority(t, t.TempDir(), "ca")
	server := ca.issue(t, "log.example", nil)
	ca.issue(t, "me", func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) })
	r := newReceiver(t, far{tls: &tls.Config{Certificates: []tls.Certificate{server}, ClientAuth: tls.RequireAndVerifyClientCert, ClientCAs: ca.pool()}})
	_, s := build(t, tlsSettings(r.address, "ca: "+ca.path("ca.pem")+", cert: "+ca.path("me.pem")+", key: "+ca.path("me.key")))
	defer s.Close(context.Background())
	if err := s.Open(t.Context()); err == nil || !strings.Contains(err.Error(), "refused our certificate") {
		t.Fatal(err)
	}
	ca.issue(t, "me", nil)
	if err := s.Open(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func TestNewReadsTheFiles(t *testing.T) {
	missing := decode(t, tlsSettings("x", "ca: /nowhere/ca.pem"))
	if _, err := New(missing, deps()); err == nil || !strings.Contains(err.Error(), "/nowhere/ca.pem") {
		t.Error(err)
	}
	empty := t.TempDir() + "/ca.pem"
	if err := os.WriteFile(empty, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := New(decode(t, tlsSettings("x", "ca: "+empty)), deps()); err == nil || !strings.Contains(err.Error(), "no PEM certificate") {
		t.Error(err)
	}
}

func TestTLSSendDoesNotAllocatePerRecord(t *testing.T) {
	s := tlsSink(t)
	payloads := sinktest.Load(numbered("a", 5000)).Payloads
	l := sinktest.Load()
	if n := testing.AllocsPerRun(20, func() {
		l.Reset(payloads)
		if err := s.Send(t.Context(), l); err != nil {
			t.Error(err)
		}
	}); n > 200 {
		t.Errorf("%v allocations for a load of 5000 records", n)
	}
}

// tlsSink is a sender to a receiver that throws everything away.
func tlsSink(t testing.TB) *Sender {
	ca := newAuthority(t, t.TempDir(), "ca")
	conf := &tls.Config{Certificates: []tls.Certificate{ca.issue(t, "log.example", nil)}}
	listener, err := tls.Listen("tcp", "127.0.0.1:0", conf)
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c, err := listener.Accept(); err == nil {
			io.Copy(io.Discard, c)
			c.Close()
		}
	}()
	t.Cleanup(func() { listener.Close(); <-done })
	return opened(t, tlsSettings(listener.Addr().String(), "ca: "+ca.path("ca.pem")))
}

func BenchmarkTLS(b *testing.B) { benchmarkSend(b, tlsSink(b), 8192) }
