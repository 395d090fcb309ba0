//! Skills that mean harm.
//!
//! Each test asserts the same four things: the host lives and the next call of a good skill on it works
//! ([`scene::Scene::run`]), the code and the blame are right ([`metier_e2e::Ended::failed`]), the call has its one audit
//! record (every call of [`metier_e2e::TestHost`]), and what should not have happened did not.

mod bulk;
mod compute;
mod files;
mod handles;
mod lifecycle;
mod loading;
mod memory;
mod output;
mod reach;
mod scene;
mod smuggle;
mod store;
mod system;
mod values;

/// Fewer behaviours than this, and somebody removed some.
const LEAST: usize = 40;

/// Every behaviour and the test that stands against it. A test that is renamed or removed breaks the build.
macro_rules! behaviours {
    ($($module:ident { $($test:ident: $behaviour:literal,)* })*) => {
        const BEHAVIOURS: &[(&str, &str, fn())] = &[
            $($((
                $behaviour,
                concat!("hostile::", stringify!($module), "::", stringify!($test)),
                $module::$test,
            ),)*)*
        ];
    };
}

behaviours! {
    compute {
        an_endless_loop: "loops for ever",
        a_loop_of_host_calls: "loops for ever over a cheap host function",
        a_loop_of_progress_reports: "loops for ever reporting progress",
        catastrophic_backtracking: "computes for longer than the universe lasts, without one host call",
        deep_recursion: "recurses until the stack ends",
        an_endless_sleep: "sleeps for ever",
        a_panic_with_a_message: "panics with a message",
        an_exit: "ends the process",
        a_loop_in_a_realloc: "never finishes making room for its arguments",
        a_loop_at_start: "never finishes starting",
        a_trap_at_start: "traps before it is called",
        a_trap_while_cleaning_up: "traps after it answered",
    }
    memory {
        growth_without_end: "allocates until memory ends",
        growth_and_one_allocation_more: "takes every page and then allocates",
        a_large_memory_at_start: "starts with more memory than it may have",
        growth_of_a_table: "grows a table without end",
        nothing_is_left_behind: "reads what another instance left in memory",
    }
    output {
        a_huge_log: "logs without end",
        empty_log_lines: "logs nothing, without end",
        a_forged_log_line: "logs a line that looks like two, or hides something",
        a_huge_standard_error: "writes to standard error without end",
        an_endless_standard_output: "writes to standard output for ever",
        a_huge_result: "answers more than it may",
        a_huge_artifact: "hands back a file larger than it may",
        a_huge_artifact_in_pieces: "hands back a large file piece by piece",
        many_artifacts: "hands back more files than anybody wants",
        artifact_names_that_are_paths: "names a file so that it would be saved elsewhere",
        an_unfinished_artifact: "begins a file and leaves it",
        an_artifact_before_a_panic: "hands back a file and then panics",
    }
    reach {
        hosts_that_look_like_others: "writes another host so that it looks like the one allowed",
        addresses_in_disguise: "writes a private address in decimal, octal, hexadecimal, short or as IPv6",
        names_of_private_addresses: "uses a name whose address is private",
        a_name_that_changes_its_address: "rebinds a name between check and connection",
        a_redirect_to_the_metadata_service: "is redirected to the metadata address",
        a_redirect_off_the_granted_path: "is redirected to a path that was not granted",
        a_downgrade_to_plain_http: "asks for http where https was granted",
        a_method_that_was_not_granted: "uses a method that was not granted",
        odd_methods_and_schemes: "uses methods and schemes nobody has heard of",
        dots_in_paths: "climbs out of the granted path, encoded or not",
        a_port_that_was_not_granted: "uses another port of an allowed host",
    }
    smuggle {
        a_line_break_in_a_header_value: "hides a second header in a header's value",
        a_line_break_in_a_header_name: "hides a second header in a header's name",
        a_line_break_in_a_path: "hides a second request in the path",
        forged_headers: "sets Authorization, Host and the like itself",
        a_forged_session_beside_a_credential: "sets a cookie where a credential is attached",
        a_credential_for_another_host: "asks for the credential to be sent elsewhere",
        a_header_bomb: "sends twenty thousand headers",
        a_body_shorter_than_it_says: "claims a longer body than it sends",
        a_body_longer_than_it_says: "claims a shorter body than it sends",
    }
    bulk {
        a_storm_of_requests: "sends requests without end",
        a_storm_all_at_once: "sends a thousand requests at the same time",
        a_storm_of_refused_requests: "probes without end for what it might reach",
        a_storm_of_unreadable_requests: "asks for what is no address, without end",
        a_body_read_slowly: "reads an answer a byte at a time",
        a_body_written_slowly: "writes a request a byte at a time",
        a_body_that_never_ends: "waits for the rest of an answer that never comes",
        an_endless_upload: "uploads without end",
        a_huge_download: "downloads more than it may",
        a_greedy_read: "asks to read more at once than any memory holds",
    }
    files {
        paths_outside: "reads /etc/passwd by path",
        climbing_paths: "climbs out of a directory with `..`",
        a_link_out_of_the_directory: "follows a symbolic link out of a directory",
        a_link_of_its_own_making: "makes a symbolic link out of a directory and follows it",
        a_link_named_as_a_directory_of_its_own: "asks for a link it left as a directory of its own",
        every_change_to_a_read_only_directory: "writes where only reading was granted",
        a_rename_out_of_the_directory: "moves a file out of a directory",
        packed_files_that_are_paths: "reads the host's files as if they were packed",
        a_directory_that_was_not_granted: "looks for directories that were not granted",
    }
    store {
        keys_of_another_tenant: "reads another tenant's keys",
        keys_of_another_skill: "reads another skill's keys",
        buckets_that_were_not_granted: "opens buckets that were not declared or granted",
        a_value_larger_than_allowed: "stores a value larger than any",
        a_flood_of_keys: "stores keys without end",
        configuration_that_was_not_granted: "reads configuration that was not granted",
    }
    system {
        environment_and_arguments: "reads environment and arguments",
        standard_input: "reads the host's standard input",
        tcp: "connects a TCP socket",
        a_tcp_listener: "listens on a TCP socket",
        udp: "sends a datagram",
        name_lookups: "looks a name up",
        clocks_and_randomness_live: "finds clocks and randomness alive, and different in each instance",
        too_much_randomness: "asks for a terabyte of random bytes",
    }
    handles {
        too_many_files: "opens files without closing any",
        too_many_buckets: "opens buckets without closing any",
        too_many_writers: "begins artifacts without finishing any",
        too_many_pollables: "waits for a hundred thousand clocks",
        too_many_headers: "makes header lists without end",
    }
    lifecycle {
        a_call_nobody_waits_for: "never returns from a call that was given up",
        a_loop_nobody_waits_for: "never stops computing in a call that was given up",
        an_effect_before_a_trap: "writes and then traps",
        a_flood_of_calls: "fills every place the host has",
        a_loop_beside_a_good_skill: "loops beside somebody else's call",
        a_narrowed_run: "does more than its run allows",
    }
    values {
        a_string_outside_of_memory: "answers with a pointer outside of its memory",
        a_string_that_is_not_text: "answers with bytes that are not UTF-8",
        a_char_that_is_none: "answers with half a surrogate pair",
        a_case_that_does_not_exist: "answers with an unknown case",
        an_option_that_is_neither: "answers with an option that is neither",
        a_bool_of_two: "answers with a bool of two",
        a_list_longer_than_memory: "answers with a list longer than its memory",
        a_list_at_an_odd_address: "answers with a misaligned list",
        lists_that_share_their_bytes: "answers with a gigabyte that is one kilobyte many times over",
        room_that_does_not_exist: "offers memory that does not exist for its arguments",
    }
    loading {
        an_import_nobody_offers: "imports what the host does not offer",
        an_import_of_another_type: "imports a known function with another type",
        a_core_module: "is a core module",
        a_truncated_file: "is cut off",
        a_huge_file: "is a hundred megabytes large",
        no_webassembly_at_all: "is something else altogether",
        types_that_explode: "has types that double a hundred times",
        too_many_instances: "links a thousand instances",
        too_many_memories: "has a thousand memories",
        more_memory_than_there_is: "wants all the memory there can be",
        a_manifest_in_a_nested_component: "speaks for itself through a nested component",
        two_manifests: "has two manifests",
        an_unknown_section: "has a section of a later format",
        a_manifest_that_is_silent_about_an_import: "imports what its manifest does not declare",
    }
}

#[test]
fn the_list_is_long_and_every_test_on_it_is_one() {
    assert!(BEHAVIOURS.len() >= LEAST, "{}", BEHAVIOURS.len());
    let program = std::env::current_exe().unwrap();
    let listed = std::process::Command::new(program)
        .arg("--list")
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    for (behaviour, test, _) in BEHAVIOURS {
        assert!(
            listed.contains(&format!("{test}: test")),
            "{behaviour}: {test} is not run"
        );
    }
}

/// A test that stands against nothing on the list was forgotten there.
#[test]
fn every_test_is_on_the_list() {
    let program = std::env::current_exe().unwrap();
    let listed = std::process::Command::new(program)
        .arg("--list")
        .output()
        .unwrap();
    let listed = String::from_utf8(listed.stdout).unwrap();
    let tests = listed
        .lines()
        .filter_map(|line| line.strip_suffix(": test"));
    for test in
        tests.filter(|test| test.starts_with("hostile::") && test.matches("::").count() == 2)
    {
        let known = BEHAVIOURS.iter().any(|(_, name, _)| *name == test);
        assert!(known, "{test} is not on the list");
    }
}
