package plaintest

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"syscall"

	"go.temporal.io/api/serviceerror"
)

// Broken are the ways in which a call gets no answer that can be used, in the libraries' own words.
func Broken() map[string]error {
	dial := func(err error) error {
		return &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 443}, Err: err}
	}
	var number int
	return map[string]error{
		"refused": dial(os.NewSyscallError("connect", syscall.ECONNREFUSED)), "reset": dial(os.NewSyscallError("read", syscall.ECONNRESET)),
		"no route": dial(syscall.EHOSTUNREACH), "no network": dial(syscall.ENETUNREACH), "pipe": dial(syscall.EPIPE),
		"dns":         dial(&net.DNSError{Err: "no such host", Name: "api.example.com", Server: "10.0.0.1:53", IsNotFound: true}),
		"dns is slow": dial(&net.DNSError{Err: "i/o timeout", Name: "api.example.com", Server: "10.0.0.1:53", IsTimeout: true}),
		"timeout":     dial(os.ErrDeadlineExceeded), "deadline": context.DeadlineExceeded, "cancelled": context.Canceled, "closed": net.ErrClosed,
		"end": io.EOF, "early end": io.ErrUnexpectedEOF, "unknown authority": x509.UnknownAuthorityError{}, "another host": x509.HostnameError{Certificate: &x509.Certificate{}, Host: "x"},
		"expired": x509.CertificateInvalidError{Cert: &x509.Certificate{}, Reason: x509.Expired}, "verification": &tls.CertificateVerificationError{Err: x509.UnknownAuthorityError{}},
		"no tls": tls.RecordHeaderError{Msg: "first record does not look like a TLS handshake"}, "http for https": errors.New("http: server gave HTTP response to HTTPS client"),
		"malformed": errors.New(`net/http: HTTP/1.x transport connection broken: malformed HTTP response "\x00"`), "too large": errors.New("net/http: server response headers exceeded 10485760 bytes"),
		"json": json.Unmarshal([]byte("<html>"), &number), "json kind": json.Unmarshal([]byte(`"x"`), &number), "nobody knows": errors.New("*foo.BarError: map[a:%!d(string=x)] <nil>"),
		"grpc": serviceerror.NewUnavailable(`connection error: desc = "transport: Error while dialing: dial tcp 127.0.0.1:7233: connect: connection refused"`),
	}
}
