package feed

import "net/netip"

// metadata are the addresses at which clouds tell their own machines secrets, or let them command the
// platform. Some are public by the registries (Azure, IBM), so that no rule about private addresses
// covers them.
var metadata = func() (list []netip.Prefix) {
	for _, p := range []string{
		"169.254.0.0/16",      // AWS, Google, Azure, Oracle, DigitalOcean, Hetzner, OpenStack (.169.254), Tencent (.0.23), Scaleway (.42.42), ECS tasks (.170.2, .170.23)
		"168.63.129.16/32",    // Azure's WireServer
		"100.100.100.200/32",  // Alibaba
		"192.0.0.192/32",      // Oracle Cloud, classic
		"161.26.0.0/16",       // IBM's services for its own machines
		"166.8.0.0/14",        // IBM
		"fd00:ec2::/32",       // AWS: ::254 metadata, ::23 credentials of EKS pods
		"fd20:ce::254/128",    // Google
		"fd00:42::42/128",     // Scaleway
		"fd00:c1::/32",        // Oracle
		"fe80::a9fe:a9fe/128", // OpenStack
	} {
		list = append(list, netip.MustParsePrefix(p))
	}
	return list
}()

// nat64 is the prefix under which a translator reaches any IPv4 address (RFC 6052).
var nat64 = netip.MustParsePrefix("64:ff9b::/96")

// IsMetadata tells whether an address is that of a cloud's metadata service, in whatever form: mapped
// into IPv6, behind NAT64 or 6to4, with a zone. No request that a document or a stranger caused goes
// there, not even where private addresses are allowed.
func IsMetadata(ip netip.Addr) bool {
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		b := ip.As16()
		switch {
		case nat64.Contains(ip):
			ip = netip.AddrFrom4([4]byte(b[12:]))
		case b[0] == 0x20 && b[1] == 0x02: // 6to4, RFC 3056
			ip = netip.AddrFrom4([4]byte(b[2:6]))
		}
	}
	for _, p := range metadata {
		if p.Contains(ip) {
			return true
		}
	}
	return false
}
