package rates

// Len is how many callers' deeds are remembered.
func (l *Limits) Len() int { return len(l.buckets) }
