package feed

import (
	"math"
	"strconv"
	"strings"
)

// Point is a place on Earth in degrees of WGS 84: Lat from -90 to 90, Long from -180 to 180.
type Point struct {
	Lat  float64 `json:"latitude"`
	Long float64 `json:"longitude"`
}

// NewPoint reads a latitude and a longitude in decimal degrees. It returns nil for what is no place, and
// for the point where both are zero, which stands for places that are not known.
func NewPoint(lat, long string) *Point {
	var p Point
	for _, c := range []struct {
		text string
		most float64
		to   *float64
	}{{lat, 90, &p.Lat}, {long, 180, &p.Long}} {
		v, err := strconv.ParseFloat(strings.TrimSpace(c.text), 64)
		if err != nil || !(math.Abs(v) <= c.most) {
			return nil
		}
		*c.to = math.Round(v*pointUnits) / pointUnits
	}
	if p == (Point{}) {
		return nil
	}
	return &p
}

// ParsePoint reads "latitude longitude" as GeoRSS writes it, with a comma or white space between them.
func ParsePoint(s string) *Point {
	f := strings.FieldsFunc(s, func(r rune) bool { return r == ',' || r == ';' || r == ' ' || r == '\t' || r == '\n' || r == '\r' })
	if len(f) < 2 || len(f) > 3 { // a third is a height
		return nil
	}
	return NewPoint(f[0], f[1])
}

// pointUnits is what a degree is parted into: a millionth is a tenth of a metre.
const pointUnits = 1e6

// Micro is the point in millionths of a degree, and PointOfMicro the point of them.
func (p Point) Micro() (lat, long int64) {
	return int64(math.Round(p.Lat * pointUnits)), int64(math.Round(p.Long * pointUnits))
}

// PointOfMicro undoes Micro.
func PointOfMicro(lat, long int64) Point {
	return Point{float64(lat) / pointUnits, float64(long) / pointUnits}
}

// String is the point as GeoRSS writes it: "21.028511 105.804817".
func (p Point) String() string {
	return strconv.FormatFloat(p.Lat, 'f', -1, 64) + " " + strconv.FormatFloat(p.Long, 'f', -1, 64)
}
