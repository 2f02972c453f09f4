//! Places: how many may be inside at once, together and from one address.

use std::collections::HashMap;
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// The places of all connections.
pub(super) struct Places {
    all: Arc<Semaphore>,
    addresses: Addresses,
}

/// Held by a connection while it is open.
pub(super) struct Place {
    _all: OwnedSemaphorePermit,
    _address: Visit,
}

impl Places {
    pub(super) fn new(all: usize, per_address: usize) -> Self {
        Self {
            all: Arc::new(Semaphore::new(all.min(Semaphore::MAX_PERMITS))),
            addresses: Addresses::new(per_address),
        }
    }

    /// A place, if there is one now.
    pub(super) fn take(&self, address: IpAddr) -> Option<Place> {
        let all = self.all.clone().try_acquire_owned().ok()?;
        let address = self.addresses.enter(address)?;
        Some(Place {
            _all: all,
            _address: address,
        })
    }
}

/// How many each address holds; who holds none is not in it.
type Held = Arc<Mutex<HashMap<IpAddr, usize>>>;

/// Counts what each address holds. Loopback is let in uncounted: behind a proxy everybody comes from there.
#[derive(Debug, Clone)]
pub struct Addresses {
    most: usize,
    held: Held,
}

impl Addresses {
    /// Lets each address hold so many at once.
    pub fn new(most: usize) -> Self {
        Self {
            most,
            held: Arc::default(),
        }
    }

    /// Counts one more of an address, if it may have one more.
    pub fn enter(&self, address: IpAddr) -> Option<Visit> {
        let address = address.to_canonical();
        if address.is_loopback() {
            return Some(Visit(None));
        }
        let house = house(address);
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        let count = held.entry(house).or_default();
        if *count >= self.most {
            // Not left behind with nothing held, where none are let in at all.
            if *count == 0 {
                held.remove(&house);
            }
            return None;
        }
        *count += 1;
        drop(held);
        Some(Visit(Some((self.held.clone(), house))))
    }

    /// How many addresses hold anything.
    pub fn len(&self) -> usize {
        self.held.lock().unwrap_or_else(PoisonError::into_inner).len()
    }

    /// Whether no address holds anything.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// Of IPv6, one house has a whole /64 to ask from.
fn house(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(six) => IpAddr::V6(Ipv6Addr::from_bits(six.to_bits() & (u128::MAX << 64))),
    }
}

/// One of those that an address holds; given back when dropped.
#[derive(Debug)]
#[must_use]
pub struct Visit(Option<(Held, IpAddr)>);

impl Drop for Visit {
    fn drop(&mut self) {
        let Some((held, house)) = &self.0 else { return };
        let mut held = held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(count) = held.get_mut(house) {
            *count -= 1;
            if *count == 0 {
                held.remove(house);
            }
        }
    }
}
