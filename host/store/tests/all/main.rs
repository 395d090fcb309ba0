//! One conformance suite, on every engine: what STORE promises is checked alike on SQLite (a file and memory) and PostgreSQL.
//!
//! PostgreSQL's half needs a server: `cargo xtask test` starts one where its programs are found, and runs the tests that plain
//! `cargo test` lists as ignored.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::print_stderr,
    clippy::panic,
    reason = "tests"
)]

mod cluster;
mod fixture;

mod chaos;

mod blobs;
mod budgets;
mod catalog;
mod claims;
mod journal;
mod ledger;
mod listings;
mod memory;
mod refusals;
mod signals;

mod depot;
mod search;

mod postgres_server;
mod promoted;
mod sqlite_file;

/// Each check is a function over a [`fixture::Fixture`]; this makes a test of it for every engine.
macro_rules! on_every_engine {
    ($( $group:ident: $( $check:ident ),* $(,)?; )*) => {
        mod sqlite {
            $( mod $group { $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    crate::$group::$check(&crate::fixture::Fixture::sqlite()).await;
                }
            )* } )*
        }
        mod sqlite_in_memory {
            $( mod $group { $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $check() {
                    crate::$group::$check(&crate::fixture::Fixture::memory()).await;
                }
            )* } )*
        }
        mod postgres {
            $( mod $group { $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                #[ignore = "needs PostgreSQL's programs: `cargo xtask test` runs it where they are"]
                async fn $check() {
                    crate::$group::$check(&crate::fixture::Fixture::postgres().await).await;
                }
            )* } )*
        }
    };
}

on_every_engine! {
    journal:
        a_run_is_made_once,
        events_are_read_as_written,
        the_same_operation_again_is_a_success,
        the_same_operation_with_other_events_is_a_mismatch,
        another_operation_at_that_place_is_a_conflict,
        a_stale_epoch_cannot_write,
        a_lease_that_ran_out_still_writes,
        a_lease_that_was_given_up_cannot_write,
        a_run_that_ended_cannot_be_written,
        lost_history_is_noticed,
        damaged_events_are_noticed,
        of_many_writers_one_wins_each_place;
    claims:
        the_oldest_due_runs_are_claimed,
        pools_are_claimed_by_age,
        a_lease_that_ran_out_is_claimed_by_another,
        renewing_tells_what_is_still_held,
        a_released_run_is_due_at_once,
        a_timer_is_due_when_it_says,
        no_run_is_claimed_twice,
        hints_name_the_pool;
    signals:
        a_signal_wakes_a_parked_run,
        parking_with_an_unread_inbox_is_due_at_once,
        a_signal_counts_once_for_ever,
        the_inbox_is_in_order_of_arrival,
        no_wake_up_is_lost,
        a_run_that_ended_keeps_what_arrives;
    budgets:
        a_reservation_is_settled_or_released,
        over_the_cap_nothing_of_the_batch_is_applied,
        settling_more_than_reserved_has_to_fit,
        a_cap_below_what_is_used_only_stops_further_reservations,
        the_end_of_a_run_gives_back_what_is_open,
        a_cap_of_a_new_run_holds_from_its_start,
        impossible_moves_are_refused,
        many_reservations_at_once_never_exceed_the_cap;
    ledger:
        lines_are_exact_and_booked_once,
        a_line_outside_a_run_is_booked_once,
        usage_is_by_tenant_account_run_and_time,
        spending_is_by_time_and_agent_too;
    catalog:
        an_entry_is_written_as_expected,
        deleted_entries_leave_tombstones,
        expired_entries_are_gone,
        of_many_writers_one_wins_each_revision,
        order_of_revisions_is_order_of_commits;
    blobs:
        bytes_are_verified_both_ways;
    listings:
        runs_are_listed_by_tenant_state_and_label,
        the_audit_trail_is_in_order;
    memory:
        memories_are_found_by_words,
        any_text_is_a_query,
        no_scope_sees_another;
    refusals:
        what_is_too_large_is_refused,
        nothing_of_a_refused_batch_stays,
        what_is_not_there_is_said_so;
}
