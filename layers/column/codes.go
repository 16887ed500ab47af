package column

// NewCodes returns a column of strings by their codes in dict, 0 where null. It keeps both.
func NewCodes(codes []uint16, dict *Dictionary) *Codes {
	c := &Codes{Codes: codes, Dict: dict}
	c.scan()
	return c
}
