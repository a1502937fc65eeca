// Package syslog sends records to a syslog receiver, one message for each: RFC 5424 or RFC 3164, over UDP (RFC 5426), TCP
// (RFC 6587), TLS (RFC 5425) or a unix socket.
//
// # What delivered means
//
// Syslog has no acknowledgement, so the transport's is all there is.
//
// TCP and TLS: a load counts as delivered when the receiver's TCP has acknowledged its last byte and the connection still
// stands. A connection that ends before, in whatever way, makes the whole load be sent again: messages may come twice,
// those of one load at most, and no later load goes out before. Lost can be only what the receiver's TCP had acknowledged and
// its process not yet read, or not even accepted, when it died: what fits into its receive buffer (Linux: net.ipv4.tcp_rmem, at
// most 6 MiB unless raised). The error text says so when the connection was reset. A receiver that shuts the connection down
// and reads on until our end loses nothing.
//
// A unix stream socket: the receiver's process has read the load.
//
// UDP and unix datagrams: sent. What can be known is used all the same: a receiver that answers "port unreachable", or
// whose socket is gone, makes the load be sent again once it is back.
//
// # Choices
//
// The text of an RFC 5424 message goes without a byte order mark, as most senders have it: receivers tend to print the
// mark, and JSON must not start with one (RFC 8259, section 8.1). By the RFC the text is then of unknown encoding; it is UTF-8.
//
// A record is one line. Should a format let a newline or NUL through, it becomes a space: a receiver could take what follows
// for a message of its own. A message longer than max_message is cut between two characters and sent.
//
// The format structured_data has a place of its own in an RFC 5424 message, and that message has no text. Where it is cut, it
// is cut behind a parameter.
//
// A local socket gets RFC 3164 without a host name unless rfc says otherwise: that is what syslog(3) writes there, and
// journald and rsyslog take a host name for the tag.
package syslog
