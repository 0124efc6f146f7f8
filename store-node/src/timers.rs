//! What happens because time passes: grants, watching sensors, substitutes that wait for an answer, a new business day.
//! Each tick is a command like any other; what it means is the flows'.

use crate::clock;
use crate::command::{Command, Envelope};
use crate::flows::clock::KEPT_EVERY_MS;
use crate::setup::{Calendar, Policy};
use crate::uplink::LinkState;
use crate::writer::Writer;
use model::{Date, Timestamp};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::{Interval, MissedTickBehavior, interval};
use tokio_util::sync::CancellationToken;

/// How often sensors, substitutes and the calendar are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(1);

/// How often the hours of orders that are over are looked at.
const HOURS_EVERY: Duration = Duration::from_secs(60);

/// How often the shelf is looked at for the hub.
const SHELF_EVERY: Duration = Duration::from_secs(10);
/// What stands is told together; a person at the store hears of it at once.
const ALARMS_EVERY: Duration = Duration::from_secs(2);

/// Runs the timers until `stop`.
pub async fn run(
    writer: Writer,
    (calendar, policy): (Calendar, Policy),
    link: watch::Receiver<LinkState>,
    stop: CancellationToken,
) {
    let grant_every = Duration::from_millis(u64::try_from(policy.grant_every_ms).unwrap_or(10_000).max(100));
    let mut grant = steady(grant_every);
    let mut look = steady(LOOK_EVERY);
    let mut hours = steady(HOURS_EVERY);
    let mut shelf = steady(SHELF_EVERY);
    let mut alarms = steady(ALARMS_EVERY);
    let mut day: Option<Date> = None;
    let mut told: Option<(Timestamp, bool)> = None;
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            _ = grant.tick() => submit(&writer, Command::GrantTick).await,
            _ = hours.tick() => {
                if let Err(error) = writer.close_hours().await {
                    tracing::warn!(%error, "hours not looked at; the next look does it");
                }
            }
            _ = shelf.tick() => submit(&writer, Command::StockTick).await,
            _ = alarms.tick() => submit(&writer, Command::AlarmsTick).await,
            _ = look.tick() => {
                submit(&writer, Command::WatchTick).await;
                submit(&writer, Command::SubstituteTick).await;
                watch_clock(&writer, &mut told).await;
                let today = calendar.date(clock::now());
                if begins(today, day, link.borrow().tried) {
                    submit(&writer, Command::StartDay { day: today }).await;
                    day = Some(today);
                }
            }
        }
    }
}

/// Whether a day is to begin. The first one of a process waits for the first dial, whatever comes of it: a database that was set
/// back unnoticed would give up orders whose goods are past their date since, and that have left long ago.
fn begins(today: Date, begun: Option<Date>, tried: bool) -> bool {
    begun.map_or(tried, |begun| begun != today)
}

/// Tells what counts as the time: at the beginning, when the machine's clock becomes wrong or right, and now and then.
async fn watch_clock(writer: &Writer, told: &mut Option<(Timestamp, bool)>) {
    let (now, (doubt, hub)) = (clock::now(), clock::standing());
    let wrong = doubt.is_some();
    let due =
        |(at, was): (Timestamp, bool)| was != wrong || now.since_ms(at).saturating_abs() >= KEPT_EVERY_MS;
    if told.is_none_or(due) {
        submit(writer, Command::ClockWatch { ahead_ms: doubt.map(|doubt| doubt.ahead_ms), hub }).await;
        *told = Some((now, wrong));
    }
}

/// A late tick comes once, not as often as it was missed.
fn steady(every: Duration) -> Interval {
    let mut ticks = interval(every);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    ticks
}

async fn submit(writer: &Writer, command: Command) {
    let Ok(actor) = crate::command::system("timer") else { return };
    let seed = clock::now().ms().to_be_bytes();
    let id = crate::derive::command(&seed, command.kind());
    match writer.apply(Envelope { id, actor, command }).await {
        Ok(Ok(_)) => {}
        Ok(Err(refusal)) => tracing::error!(?refusal, "a tick was refused"),
        Err(error) => tracing::warn!(%error, "a tick was left out; the next one makes up for it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_day_of_a_process_waits_for_the_first_dial_and_no_later_one_does() {
        let today: Date = "2026-11-24".parse().unwrap();
        let before = today.plus_days(-1);
        assert!(!begins(today, None, false) && begins(today, None, true));
        for tried in [false, true] {
            assert!(begins(today, Some(before), tried) && !begins(today, Some(today), tried));
        }
    }
}
