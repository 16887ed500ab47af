// Package nats takes messages of NATS clients: a server for them that only takes in. A request is answered
// after [Handler.Publish] has said what became of it, so what is acknowledged is wherever the handler puts
// what it accepts (S7). A message without a reply subject has no answer in NATS, and is taken at most once.
//
//	client ──▶ server ──▶ account of the key ──▶ queue ──▶ Handler.Publish ──▶ answers
//	           no JetStream,  its connection      bounded   a batch at a time
//	           no cluster     within the process
//
// The server is a nats-server of its own beside that of the log, which opens no port: whatever comes here, the
// log does not see it (ADR 0012). Each key has an account, so that its clients see nothing of others: neither
// what they publish nor what they are answered. Within it they may publish to the subjects of the key's
// sources, and subscribe to their inboxes; the server refuses all else.
//
// All that came while the last batch was being accepted is the next one. What finds no room is answered with
// [Handler.Busy], and counted and dropped if it asks for no answer. A queue belongs to one key, so who
// floods it is in nobody else's way; what they hold together is bounded too.
//
// docs/formats/nats.md says what that means for senders.
package nats

import (
	"context"
	"time"
)

// Message is one message of a client. What a client sent belongs to the handler.
type Message struct {
	// Subject is a subject without wildcards.
	Subject string
	// Payload is what was sent, at most [Options].MaxPayload bytes.
	Payload []byte
	// Request says that the sender waits for an answer.
	Request bool
	// Stream names the first header by which the sender asks for what only a stream of JetStream does, such as
	// Nats-Expected-Last-Sequence; "" for none.
	Stream string
	// Received is when it had come.
	Received time.Time

	// Answer is what the handler answers a request with, at most [MaxAnswer] bytes.
	Answer []byte
	// Failed is set by the handler: the message is not accepted, and may be later. A request should be
	// answered so; a message without is lost.
	Failed bool

	reply string
	cost  int // bytes of the memory that all share
}

// Handler lets clients in and takes their messages. It is called from many goroutines.
type Handler interface {
	// Authorise returns the [Account] of who brings a secret, "" where the client sent none. Any error
	// refuses it; its text is never sent or logged.
	Authorise(secret string) (account string, err error)
	// Publish takes messages of one account, in the order in which they came; for one account there is one
	// call at a time. When it returns, each of them is durable, or was refused for good and is kept as such or
	// told so, or is Failed. It sets the answers of requests, keeps nothing of the slice, and returns when
	// ctx is done.
	Publish(ctx context.Context, account string, messages []Message)
	// Busy returns the answer to a request for which there is no room.
	Busy() []byte
}

// Account is what the clients of one key share.
type Account struct {
	// Name is what [Handler] knows it by.
	Name string
	// Subjects are those to which its clients may publish, as in [ParseFilter]; at least one.
	Subjects []string
}
