//! Which IP addresses a skill's request may reach.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

use ipnet::IpNet;

/// What kind of address it is, as far as reaching it is concerned.
///
/// After the IANA special-purpose registries (RFC 6890 and its updates); only [`AddressClass::Public`] is reachable
/// without a grant. An IPv6 address that carries an IPv4 address (mapped, compatible, NAT64, 6to4, Teredo) is judged
/// by the address it carries, unless its own class is already refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AddressClass {
    /// Globally routable.
    Public,
    /// The host itself: `127.0.0.0/8`, `::1`.
    Loopback,
    /// Private networks: RFC 1918, and IPv6 unique-local and site-local.
    Private,
    /// `169.254.0.0/16`, `fe80::/10`.
    LinkLocal,
    /// Where clouds keep the machine's own credentials: `169.254.169.254`, `fd00:ec2::254` and their kin.
    Metadata,
    /// Carrier-grade NAT: `100.64.0.0/10`.
    CarrierNat,
    /// Multicast.
    Multicast,
    /// `0.0.0.0/8`, `::`.
    Unspecified,
    /// `255.255.255.255`.
    Broadcast,
    /// For documentation: `192.0.2.0/24`, `2001:db8::/32` and others.
    Documentation,
    /// For benchmarks: `198.18.0.0/15`, `2001:2::/48`.
    Benchmarking,
    /// Set aside by IANA for something else, or for nothing yet.
    Reserved,
}

impl AddressClass {
    /// The class of an address.
    pub fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(v4) => class_of_v4(v4),
            IpAddr::V6(v6) => class_of_v6(v6),
        }
    }

    /// How the class reads in a sentence: "… is a {} address".
    pub const fn as_str(self) -> &'static str {
        match self {
            AddressClass::Public => "public",
            AddressClass::Loopback => "loopback",
            AddressClass::Private => "private",
            AddressClass::LinkLocal => "link-local",
            AddressClass::Metadata => "cloud metadata",
            AddressClass::CarrierNat => "carrier-NAT",
            AddressClass::Multicast => "multicast",
            AddressClass::Unspecified => "unspecified",
            AddressClass::Broadcast => "broadcast",
            AddressClass::Documentation => "documentation",
            AddressClass::Benchmarking => "benchmarking",
            AddressClass::Reserved => "reserved",
        }
    }
}

impl fmt::Display for AddressClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// Metadata services by IPv4: AWS, Azure, GCP and most others; ECS tasks and EKS pods; Azure's wire server; Alibaba;
/// Oracle's old one.
const METADATA_V4: [Ipv4Addr; 6] = [
    Ipv4Addr::new(169, 254, 169, 254),
    Ipv4Addr::new(169, 254, 170, 2),
    Ipv4Addr::new(169, 254, 170, 23),
    Ipv4Addr::new(168, 63, 129, 16),
    Ipv4Addr::new(100, 100, 100, 200),
    Ipv4Addr::new(192, 0, 0, 192),
];

/// Metadata services by IPv6: AWS, EKS pods, GCP.
const METADATA_V6: [Ipv6Addr; 3] = [
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254),
    Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x23),
    Ipv6Addr::new(0xfd20, 0xce, 0, 0, 0, 0, 0, 0x254),
];

fn class_of_v4(address: Ipv4Addr) -> AddressClass {
    if METADATA_V4.contains(&address) {
        return AddressClass::Metadata;
    }
    match address.octets() {
        [0, ..] => AddressClass::Unspecified,
        [127, ..] => AddressClass::Loopback,
        [10, ..] | [172, 16..=31, ..] | [192, 168, ..] => AddressClass::Private,
        [169, 254, ..] => AddressClass::LinkLocal,
        [100, 64..=127, ..] => AddressClass::CarrierNat,
        [192, 0, 2, _] | [198, 51, 100, _] | [203, 0, 113, _] => AddressClass::Documentation,
        [198, 18..=19, ..] => AddressClass::Benchmarking,
        [192, 0, 0, _]
        | [192, 88, 99, _]
        | [192, 31, 196, _]
        | [192, 52, 193, _]
        | [192, 175, 48, _] => AddressClass::Reserved,
        [224..=239, ..] => AddressClass::Multicast,
        [255, 255, 255, 255] => AddressClass::Broadcast,
        [240..=255, ..] => AddressClass::Reserved,
        _ => AddressClass::Public,
    }
}

fn class_of_v6(address: Ipv6Addr) -> AddressClass {
    if METADATA_V6.contains(&address) {
        return AddressClass::Metadata;
    }
    if let Some(carried) = carried_v4(address) {
        return class_of_v4(carried);
    }
    match address.segments() {
        [0, 0, 0, 0, 0, 0, 0, 0] => AddressClass::Unspecified,
        [0, 0, 0, 0, 0, 0, 0, 1] => AddressClass::Loopback,
        [0xfc00..=0xfdff, ..] | [0xfec0..=0xfeff, ..] => AddressClass::Private,
        [0xfe80..=0xfebf, ..] => AddressClass::LinkLocal,
        [0xff00..=0xffff, ..] => AddressClass::Multicast,
        [0x2001, 0xdb8, ..] | [0x3fff, 0..=0x0fff, ..] => AddressClass::Documentation,
        [0x2001, 2, 0, ..] => AddressClass::Benchmarking,
        [0x2001, 0..=0x01ff, ..] => AddressClass::Reserved,
        [0x2000..=0x3fff, ..] => AddressClass::Public,
        // Only 2000::/3 is handed out as global unicast; everything else waits for IANA.
        _ => AddressClass::Reserved,
    }
}

/// The IPv4 address that packets to this IPv6 address end up at, if it is one of the transition forms.
fn carried_v4(address: Ipv6Addr) -> Option<Ipv4Addr> {
    let low = |high: u16, low: u16| {
        let [a, b] = high.to_be_bytes();
        let [c, d] = low.to_be_bytes();
        Ipv4Addr::new(a, b, c, d)
    };
    match address.segments() {
        // `::` and `::1` have their own classes.
        [0, 0, 0, 0, 0, 0, 0, 0 | 1] => None,
        // Mapped (RFC 4291), compatible (same, deprecated), translated (RFC 2765).
        [0, 0, 0, 0, 0, 0 | 0xffff, high, last] | [0, 0, 0, 0, 0xffff, 0, high, last] => {
            Some(low(high, last))
        }
        // NAT64 (RFC 6052).
        [0x64, 0xff9b, 0, 0, 0, 0, high, last] => Some(low(high, last)),
        // 6to4 (RFC 3056).
        [0x2002, high, last, ..] => Some(low(high, last)),
        // Teredo (RFC 4380) hides the client's address by inverting it.
        [0x2001, 0, _, _, _, _, high, last] => Some(low(!high, !last)),
        _ => None,
    }
}

/// Decides whether a resolved address may be connected to.
///
/// Public addresses may; any other only when one of the networks the operator listed contains it. A metadata address
/// only when it is listed by itself (`169.254.169.254/32`): nobody means it when they write `169.254.0.0/16`.
#[derive(Clone, Copy, Debug, Default)]
pub struct AddressPolicy<'g> {
    listed: &'g [IpNet],
}

/// The address may not be connected to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{address} is a {class} address")]
pub struct AddressRefused {
    /// The address as resolved.
    pub address: IpAddr,
    /// Its class.
    pub class: AddressClass,
}

impl<'g> AddressPolicy<'g> {
    /// Public addresses, and these networks.
    pub const fn new(listed: &'g [IpNet]) -> Self {
        AddressPolicy { listed }
    }

    /// Whether the address may be connected to.
    pub fn check(&self, address: IpAddr) -> Result<(), AddressRefused> {
        let canonical = address.to_canonical();
        let class = AddressClass::of(canonical);
        let allowed = match class {
            AddressClass::Public => true,
            AddressClass::Metadata => self.listed.iter().any(|net| is_exactly(net, canonical)),
            _ => self.listed.iter().any(|net| net.contains(&canonical)),
        };
        if allowed {
            Ok(())
        } else {
            Err(AddressRefused { address, class })
        }
    }
}

fn is_exactly(net: &IpNet, address: IpAddr) -> bool {
    net.addr() == address && net.prefix_len() == net.max_prefix_len()
}
