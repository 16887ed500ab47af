package nats

import (
	"crypto/rand"
	"crypto/subtle"

	"github.com/nats-io/nats-server/v2/server"
)

// gate lets clients into their accounts. The server asks it at each CONNECT, from many goroutines.
type gate struct {
	handler  Handler
	metrics  *metrics
	secret   string        // of the connections within the process
	ready    chan struct{} // closed once the accounts listen
	accounts map[string]*account
	inside   map[string]*account // by their names in the server
}

var _ server.Authentication = (*gate)(nil)

func newGate(h Handler) *gate {
	return &gate{handler: h, secret: rand.Text(), ready: make(chan struct{}), accounts: map[string]*account{}, inside: map[string]*account{}}
}

// Check lets a client in, or not.
func (g *gate) Check(c server.ClientAuthentication) bool {
	if c.Kind() != server.CLIENT {
		return false
	}
	said := c.GetOpts()
	if from := c.RemoteAddress(); from != nil && from.Network() == inProcess {
		a := g.inside[said.Username]
		if a == nil || subtle.ConstantTimeCompare([]byte(said.Password), []byte(g.secret)) != 1 {
			return false
		}
		c.RegisterUser(&server.User{Username: said.Username, Account: a.inServer})
		return true
	}
	<-g.ready
	secret := said.Password
	if secret == "" {
		secret = said.Token
	}
	name, err := g.handler.Authorise(secret)
	a := g.accounts[name]
	if err != nil || a == nil {
		g.metrics.connects.With(connectRefused).Add(1)
		return false
	}
	g.metrics.connects.With(connectAccepted).Add(1)
	c.RegisterUser(&server.User{
		Username: a.name, Account: a.inServer,
		Permissions: &server.Permissions{
			Publish:   &server.SubjectPermission{Allow: a.subjects},
			Subscribe: &server.SubjectPermission{Allow: []string{inboxes}},
		},
	})
	return true
}
