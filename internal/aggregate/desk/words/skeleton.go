package words

// Skeleton is the last headline read without its figures, for one outlet; 0 when that leaves too
// little. Of a headline like "Giá vàng hôm nay 12/8: Tăng mạnh" only the head counts.
func (rd *Reader) Skeleton(outlet uint32) uint32 {
	h := uint64(outlet) * 1099511628211
	words, numbers := 0, 0
	for i, t := range rd.title {
		if i > 0 && t.start && numbers > 0 && words >= 2 {
			break
		}
		if t.Flags&IsNumber != 0 {
			numbers++
			continue
		}
		words++
		h = (h ^ uint64(t.Fold)) * 1099511628211
	}
	if words < 2 || h == 0 {
		return 0
	}
	return max(1, uint32(h>>32))
}
