//! The other peer: Redis 7 with the check-and-decrement of an order's lines as one Lua script. It reserves and nothing
//! more (no order, no ledger, no outbox), in memory: a power cut loses it. Shown for scale, not as an equal.

use super::basket::{self, Basket, SKUS};
use super::load::{Client, Reply};
use crate::scorecard::peers;
use anyhow::{Result, ensure};

const RESERVE: &str = "
for i, key in ipairs(KEYS) do
  if tonumber(redis.call('GET', key)) < tonumber(ARGV[i]) then return 0 end
end
for i, key in ipairs(KEYS) do redis.call('DECRBY', key, ARGV[i]) end
redis.call('INCR', 'orders')
return 1";

/// A server of its own with full shelves.
#[derive(Debug)]
pub struct Redis {
    peer: peers::Peer,
    script: String,
}

impl Redis {
    /// Starts it below `base`.
    ///
    /// # Errors
    /// When Redis is not installed or does not start.
    pub fn start(base: &std::path::Path) -> Result<Self> {
        let peer = peers::redis(base)?;
        let mut link = redis::Client::open(peers::redis_url(&peer))?.get_connection()?;
        for sku in 0..SKUS {
            redis::cmd("SET").arg(basket::code(sku)).arg(basket::stock_of(sku)).exec(&mut link)?;
        }
        let script = redis::cmd("SCRIPT").arg("LOAD").arg(RESERVE).query(&mut link)?;
        Ok(Self { peer, script })
    }

    /// A client with its own connection.
    ///
    /// # Errors
    /// When the server refuses.
    pub fn client(&self) -> Result<Box<dyn Client>> {
        let link = redis::Client::open(peers::redis_url(&self.peer))?.get_connection()?;
        Ok(Box::new(Caller { link, script: self.script.clone() }))
    }

    /// As many orders as were answered, and no shelf below nothing.
    ///
    /// # Errors
    /// With what is wrong.
    pub fn verify(&self, taken: u64) -> Result<()> {
        let mut link = redis::Client::open(peers::redis_url(&self.peer))?.get_connection()?;
        let orders: u64 = redis::cmd("GET").arg("orders").query(&mut link)?;
        ensure!(orders == taken, "{orders} orders kept, {taken} acknowledged");
        for sku in 0..SKUS {
            let left: i64 = redis::cmd("GET").arg(basket::code(sku)).query(&mut link)?;
            ensure!(left >= 0, "{} is at {left}", basket::code(sku));
        }
        Ok(())
    }
}

struct Caller {
    link: redis::Connection,
    script: String,
}

impl Client for Caller {
    fn order(&mut self, basket: &Basket) -> Result<Reply> {
        let mut call = redis::cmd("EVALSHA");
        call.arg(&self.script).arg(basket.lines.len());
        for (sku, _) in basket.lines {
            call.arg(basket::code(sku));
        }
        for (_, qty) in basket.lines {
            call.arg(qty);
        }
        Ok(if call.query::<i64>(&mut self.link)? == 1 { Reply::Taken } else { Reply::SoldOut })
    }
}
