package mqtt

// unreleased are the packet identifiers of QoS 2 messages that were received and not yet released (§4.3.3,
// method B). It takes 8 KiB once there is one. It belongs to one goroutine.
type unreleased struct{ bits []uint64 }

// add notes id and reports whether it was not there yet.
func (u *unreleased) add(id uint16) bool {
	if u.bits == nil {
		u.bits = make([]uint64, 1<<16/64)
	}
	word, bit := &u.bits[id/64], uint64(1)<<(id%64)
	fresh := *word&bit == 0
	*word |= bit
	return fresh
}

// release forgets id, if it is there.
func (u *unreleased) release(id uint16) {
	if u.bits != nil {
		u.bits[id/64] &^= 1 << (id % 64)
	}
}
