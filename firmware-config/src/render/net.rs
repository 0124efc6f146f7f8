//! A network as packet filters and units write it. Opens nothing.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

/// A network: address and length of its prefix, as in 192.168.8.0/24.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Lan {
    address: IpAddr,
    bits: u8,
}

/// A text that is no network.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no network: write it as 192.168.8.0/24")]
pub struct LanError(String);

impl Lan {
    /// The usual network around an address: /24, or /64 for IPv6.
    #[must_use]
    pub fn around(address: IpAddr) -> Self {
        let bits = if address.is_ipv4() { 24 } else { 64 };
        Self { address: masked(address, bits), bits }
    }

    /// Every address of it that a device may have, in order; `None` where there are more than 1022.
    #[must_use]
    pub fn hosts(&self) -> Option<Vec<IpAddr>> {
        match self.address {
            IpAddr::V4(v4) if self.bits >= 22 => {
                let size = 1_u32 << (32 - u32::from(self.bits));
                // The first names the network and the last is everybody; the smallest networks have neither.
                let edge = u32::from(size > 2);
                let first = v4.to_bits();
                Some((first + edge..=first + (size - 1 - edge)).map(|bits| IpAddr::V4(bits.into())).collect())
            }
            IpAddr::V4(_) | IpAddr::V6(_) => None,
        }
    }

    /// The word nftables has for its family.
    #[must_use]
    pub const fn family(&self) -> &'static str {
        match self.address {
            IpAddr::V4(_) => "ip",
            IpAddr::V6(_) => "ip6",
        }
    }
}

fn masked(address: IpAddr, bits: u8) -> IpAddr {
    match address {
        IpAddr::V4(v4) => {
            let mask = u32::MAX.checked_shl(32 - u32::from(bits)).unwrap_or(0);
            IpAddr::V4((v4.to_bits() & mask).into())
        }
        IpAddr::V6(v6) => {
            let mask = u128::MAX.checked_shl(128 - u32::from(bits)).unwrap_or(0);
            IpAddr::V6((v6.to_bits() & mask).into())
        }
    }
}

impl FromStr for Lan {
    type Err = LanError;
    fn from_str(text: &str) -> Result<Self, LanError> {
        let fault = || LanError(text.to_owned());
        let (address, bits) = text.split_once('/').ok_or_else(fault)?;
        let address: IpAddr = address.parse().map_err(|_| fault())?;
        let bits: u8 = bits.parse().map_err(|_| fault())?;
        let most = if address.is_ipv4() { 32 } else { 128 };
        if bits == 0 || bits > most {
            return Err(fault());
        }
        Ok(Self { address: masked(address, bits), bits })
    }
}

impl fmt::Display for Lan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.address, self.bits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_hosts_of_a_network_leave_out_its_edges() {
        let hosts = |text: &str| text.parse::<Lan>().unwrap().hosts();
        assert_eq!(hosts("192.168.8.0/24").unwrap().len(), 254);
        assert_eq!(hosts("192.168.8.7/32").unwrap(), ["192.168.8.7".parse::<IpAddr>().unwrap()]);
        assert_eq!(hosts("255.255.255.254/31").unwrap().len(), 2);
        assert_eq!(hosts("10.0.0.0/8"), None);
        assert_eq!(hosts("fd00::/64"), None);
    }

    #[test]
    fn a_network_is_masked_and_nonsense_refused() {
        assert_eq!("192.168.8.77/24".parse::<Lan>().unwrap().to_string(), "192.168.8.0/24");
        assert_eq!("10.1.2.3/32".parse::<Lan>().unwrap().to_string(), "10.1.2.3/32");
        assert_eq!("fd00::5/64".parse::<Lan>().unwrap().to_string(), "fd00::/64");
        assert_eq!(Lan::around("192.168.8.2".parse().unwrap()).to_string(), "192.168.8.0/24");
        for bad in ["", "192.168.8.0", "192.168.8.0/33", "0.0.0.0/0", "a/24", "1.2.3.4/x"] {
            assert!(bad.parse::<Lan>().is_err(), "{bad}");
        }
    }
}
