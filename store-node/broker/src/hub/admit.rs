//! Coming and going: who is let in with which session, what happens to a session whose connection ends, and what time
//! takes away.

use super::session::Session;
use super::{Effect, Ended, Hub, LineId};
use crate::db::retained::Change;
use crate::gate::{Door, Knock, Shown};
use crate::wire::props::{self, Property, Value};
use crate::wire::topic::split_share;
use crate::wire::write;
use crate::wire::{Connect, Fault, Level};
use bytes::Bytes;
use std::sync::Arc;

/// A client that connects.
#[derive(Debug, Clone, Copy)]
pub struct Arrival<'a> {
    /// Its connection.
    pub line: LineId,
    /// By which listener.
    pub door: Door,
    /// Its certificate.
    pub certificate: Option<Shown<'a>>,
}

/// Not let in: what is said before the close, if anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused(pub Option<Bytes>);

impl Hub {
    /// Lets a client in, with the session it had if it wants that. Gives what has to be kept of an earlier connection's
    /// will.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn connect(
        &mut self,
        arrival: Arrival<'_>,
        mut connect: Connect,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) -> Result<Option<Change>, Refused> {
        let level = connect.level;
        let refused = |code, fault: Fault| {
            Refused(Some(match level {
                Level::V5 => write::refusal(fault.reason()),
                Level::V3 | Level::V4 => write::old_refusal(code),
            }))
        };
        let assigned = self.name(&mut connect).ok_or_else(|| refused(2, Fault::ClientId))?;
        let knock = Knock {
            door: arrival.door,
            client: &connect.client,
            user: connect.user.as_deref(),
            password: connect.password.as_deref(),
            certificate: arrival.certificate,
        };
        let badge = self.gate.admit(&knock).ok_or_else(|| refused(5, Fault::NotAuthorised))?;
        let client = badge.client.clone();
        let granted_s = connect.expiry_s.min(self.limits.session_max_s);
        let props = self.terms(&connect, assigned, granted_s);
        let known = self.sessions.get(&client);
        let resume = !connect.clean && known.is_some_and(|session| session.badge == badge);
        let hello = write::welcome(level, resume, &props);
        if hello.len() > connect.packet_max as usize {
            return Err(Refused(None));
        }
        let change = self.take_over(&client, now_ms, out);
        if !resume {
            self.forget(&client);
        }
        let session = self.sessions.entry(client.clone()).or_insert_with(|| Session::new(badge));
        session.level = level;
        session.line = Some(arrival.line);
        session.expiry_s = granted_s;
        session.will = connect.will;
        session.will_ms = None;
        session.receive_max = connect.receive_max;
        session.packet_max = connect.packet_max;
        session.aliases.clear();
        session.inbound.values_mut().for_each(|inbound| inbound.again = false);
        self.lines.insert(arrival.line, client);
        out.push(Effect::Send(arrival.line, hello));
        session.repeat(now_ms, out);
        session.refill(&self.limits, now_ms, out);
        Ok(change)
    }

    /// Gives a client without an id one; `None` = it may not be without. `Some(true)` = given.
    fn name(&mut self, connect: &mut Connect) -> Option<bool> {
        if !connect.client.is_empty() {
            return Some(false);
        }
        let may = match connect.level {
            Level::V3 => false,
            Level::V4 => connect.clean,
            Level::V5 => true,
        };
        if !may {
            return None;
        }
        while connect.client.is_empty() || self.sessions.contains_key(connect.client.as_str()) {
            self.turn += 1;
            connect.client = format!("auto-{}", self.turn);
        }
        Some(true)
    }

    /// What MQTT 5 is told of our limits.
    fn terms(&self, connect: &Connect, assigned: bool, granted_s: u32) -> Vec<Property> {
        let mut terms = Vec::new();
        let mut say = |id, value| terms.push(Property { id, value });
        if granted_s < connect.expiry_s {
            say(props::SESSION_EXPIRY, Value::Four(granted_s));
        }
        if assigned {
            say(props::ASSIGNED_CLIENT, Value::Text(connect.client.clone()));
        }
        say(props::ALIAS_MAX, Value::Two(self.limits.alias_max));
        say(props::PACKET_MAX, Value::Four(self.limits.packet_max));
        say(props::RECEIVE_MAX, Value::Two(self.limits.receive_max));
        terms
    }

    /// The same client is connected already: that connection ends, its will is said.
    fn take_over(&mut self, client: &Arc<str>, now_ms: i64, out: &mut Vec<Effect>) -> Option<Change> {
        let session = self.sessions.get_mut(client)?;
        let old = session.line.take()?;
        self.lines.remove(&old);
        if session.level == Level::V5 {
            out.push(Effect::Send(old, write::disconnect(Fault::TakenOver.reason())));
        }
        out.push(Effect::Cut(old));
        let will = session.will.take()?;
        // Who is back before the delay is over has not been lost.
        if will.delay_s > 0 { None } else { self.say_will(client, will, now_ms, out) }
    }

    /// Forgets a session and its subscriptions.
    fn forget(&mut self, client: &str) {
        let Some(session) = self.sessions.remove(client) else { return };
        for filter in &session.filters {
            let (group, plain) = split_share(filter);
            self.tree.remove(plain, client, group.map(|_| filter.as_str()));
        }
        if let Some(line) = session.line {
            self.lines.remove(&line);
        }
    }

    /// A connection has ended. Gives what has to be kept of its will.
    pub fn closed(
        &mut self,
        line: LineId,
        ended: Ended,
        now_ms: i64,
        out: &mut Vec<Effect>,
    ) -> Option<Change> {
        let client = self.lines.remove(&line)?;
        let session = self.sessions.get_mut(&client)?;
        session.line = None;
        session.gone_ms = now_ms;
        let mut change = None;
        if ended == Ended::Goodbye {
            session.will = None;
        } else if let Some(will) = &session.will {
            let wait_s = will.delay_s.min(session.expiry_s);
            if wait_s > 0 {
                session.will_ms = Some(now_ms.saturating_add(i64::from(wait_s) * 1000));
            } else if let Some(will) = session.will.take() {
                change = self.say_will(&client, will, now_ms, out);
            }
        }
        if self.sessions.get(&client).is_some_and(|session| session.expiry_s == 0) {
            self.forget(&client);
        }
        change
    }

    /// What is due: wills of the lost, the end of old sessions and of old messages.
    pub fn tick(&mut self, now_ms: i64, out: &mut Vec<Effect>) -> Vec<Change> {
        let mut changes = Vec::new();
        let due = |session: &Session| session.will_ms.is_some_and(|at| at <= now_ms);
        let clients = |of: Vec<(&Arc<str>, &Session)>| -> Vec<Arc<str>> {
            of.into_iter().map(|(client, _)| client.clone()).collect()
        };
        let lost = clients(self.sessions.iter().filter(|(_, session)| due(session)).collect());
        for client in lost {
            let Some(session) = self.sessions.get_mut(&client) else { continue };
            session.will_ms = None;
            if let Some(will) = session.will.take() {
                changes.extend(self.say_will(&client, will, now_ms, out));
            }
        }
        let over = |session: &Session| {
            let end = session.gone_ms.saturating_add(i64::from(session.expiry_s) * 1000);
            session.line.is_none() && end <= now_ms
        };
        let old = clients(self.sessions.iter().filter(|(_, session)| over(session)).collect());
        for client in old {
            self.forget(&client);
        }
        self.retained.retain(|topic, message| {
            let stays = message.expires_ms.is_none_or(|at| at > now_ms);
            if !stays {
                changes.push(Change::Forget(topic.to_string()));
            }
            stays
        });
        changes
    }

    /// The rules have changed: who would not be let in any more is cut, and its session forgotten.
    pub fn review(&mut self, out: &mut Vec<Effect>) {
        let gate = self.gate.clone();
        let fallen = self.sessions.iter().filter(|(_, session)| !gate.holds(&session.badge));
        let fallen: Vec<Arc<str>> = fallen.map(|(client, _)| client.clone()).collect();
        for client in fallen {
            self.part(&client, Fault::Administrative, out);
            self.forget(&client);
        }
    }

    /// The broker ends: everybody is told. Wills stay unsaid, for nobody is lost.
    pub fn close(&mut self, out: &mut Vec<Effect>) {
        let clients: Vec<Arc<str>> = self.lines.values().cloned().collect();
        for client in clients {
            self.part(&client, Fault::ShuttingDown, out);
        }
        self.lines.clear();
    }

    fn part(&self, client: &str, why: Fault, out: &mut Vec<Effect>) {
        let Some(session) = self.sessions.get(client) else { return };
        let Some(line) = session.line else { return };
        if session.level == Level::V5 {
            out.push(Effect::Send(line, write::disconnect(why.reason())));
        }
        out.push(Effect::Cut(line));
    }

    /// MQTT 5 hears why its connection ends.
    pub fn reason(&self, line: LineId, why: Fault) -> Option<Bytes> {
        let session = self.sessions.get(self.lines.get(&line)?)?;
        (session.level == Level::V5 && why != Fault::Length).then(|| write::disconnect(why.reason()))
    }

    /// The protocol of a connection.
    pub fn level(&self, line: LineId) -> Option<Level> {
        Some(self.sessions.get(self.lines.get(&line)?)?.level)
    }

    /// Clients that are connected.
    #[must_use]
    pub fn connected(&self) -> usize {
        self.lines.len()
    }
}
