package mqtt

import "time"

// The return codes of a CONNACK (§3.2.2.3). 4, bad user name or password, is not used: it would tell the
// two apart.
const (
	returnAccepted      = 0
	returnVersion       = 1
	returnIdentifier    = 2
	returnUnavailable   = 3
	returnNotAuthorised = 5
)

// connect is what a CONNECT says (§3.1), but for the will, which is read and dropped.
type connect struct {
	client    string // the client identifier, "" for a client that has none
	user      string
	password  string
	keepAlive time.Duration // 0 for none
	old       bool          // it is MQTT 3.1, which has the same CONNECT
	refused   byte          // the return code when it is well formed and not to be accepted
}

// The flags of a CONNECT (§3.1.2.3).
const (
	flagReserved   = 1 << 0
	flagClean      = 1 << 1
	flagWill       = 1 << 2
	flagWillQoS    = 3 << 3
	flagWillRetain = 1 << 5
	flagPassword   = 1 << 6
	flagUser       = 1 << 7
)

// decodeConnect takes a CONNECT apart.
func decodeConnect(b *body) (connect, error) {
	name, level := b.text("the protocol name"), b.byte("the protocol level")
	switch {
	case b.err != nil:
		return connect{}, b.err
	case name == "MQTT" && level != 4: // 5, and what comes after it
		return connect{refused: returnVersion}, nil
	case name != "MQTT" && name != "MQIsdp":
		return connect{}, malformedf("CONNECT: the protocol is not MQTT")
	}
	flags := b.byte("the flags")
	c := connect{keepAlive: time.Duration(b.uint16("the keep-alive")) * time.Second, old: name == "MQIsdp"}
	checkConnectFlags(b, flags)

	c.client = b.text("the client identifier")
	if flags&flagWill != 0 {
		if problem := topicProblem(b.text("the will's topic")); problem != "" {
			b.fail("the will's topic %s", problem)
		}
		b.bytes("the will's message")
	}
	if flags&flagUser != 0 {
		c.user = b.text("the user name")
	}
	if flags&flagPassword != 0 {
		c.password = string(b.bytes("the password"))
	}
	if err := b.end(); err != nil {
		return connect{}, err
	}
	if c.client == "" && flags&flagClean == 0 {
		c.refused = returnIdentifier // §3.1.3.1
	}
	return c, nil
}

func checkConnectFlags(b *body, flags byte) {
	switch {
	case flags&flagReserved != 0:
		b.fail("the reserved flag is set")
	case flags&flagWillQoS == flagWillQoS:
		b.fail("the will's QoS is 3")
	case flags&flagWill == 0 && flags&(flagWillQoS|flagWillRetain) != 0:
		b.fail("there are flags of a will and there is no will")
	case flags&flagUser == 0 && flags&flagPassword != 0:
		b.fail("there is a password and no user name")
	}
}

// appendConnack appends a CONNACK without a session.
func appendConnack(dst []byte, code byte) []byte {
	return append(dst, byte(kindConnack)<<4, 2, 0, code)
}
