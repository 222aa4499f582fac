package feed

import (
	"net/netip"
	"testing"
)

func TestMetadataAddresses(t *testing.T) {
	for _, at := range []string{
		"169.254.169.254", "169.254.170.2", "169.254.0.23", "169.254.42.42", "168.63.129.16", "100.100.100.200", "192.0.0.192", "161.26.0.10",
		"fd00:ec2::254", "fd00:ec2::23", "fd20:ce::254", "fd00:42::42", "fd00:c1::a9fe:a9fe", "fe80::a9fe:a9fe%eth0",
		"::ffff:168.63.129.16", "64:ff9b::a9fe:a9fe", "64:ff9b::a83f:8110", "2002:a9fe:a9fe::1",
	} {
		if !IsMetadata(netip.MustParseAddr(at)) {
			t.Errorf("%s is not known for a metadata service", at)
		}
	}
	for _, at := range []string{"8.8.8.8", "168.63.129.17", "10.0.0.1", "127.0.0.1", "::1", "fd00::1", "100.100.100.201", "64:ff9b::808:808", "2606:4700::1111"} {
		if IsMetadata(netip.MustParseAddr(at)) {
			t.Errorf("%s is taken for a metadata service", at)
		}
	}
}
