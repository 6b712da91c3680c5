//! What waves of sign-ins cost the auth service: as much memory as its threads have, and it never grows.

use std::fs;

use futures_util::future::join_all;
use proto::auth::{LoginRequest, auth_service_client::AuthServiceClient};
use system_tests::stack::Plan;
use tonic::Code;

/// What one thread keeps.
const MIB_PER_THREAD: u64 = 19;
/// Everything else.
const MIB_BESIDE: u64 = 30;
/// More than are hashed at once, and no more than may wait.
const CONCURRENT_SIGN_INS: usize = 60;

/// The most memory that a process has had so far, but for what it maps from files, in MiB.
fn peak_memory(id: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{id}/status")).unwrap();
    let kib = |field: &str| -> u64 {
        let line = status.lines().find_map(|line| line.strip_prefix(field));
        let number = line.unwrap().trim_start_matches(':').trim();
        number.split(' ').next().unwrap().parse().unwrap()
    };
    (kib("VmHWM") - kib("RssFile")) / 1024
}

#[tokio::test(flavor = "multi_thread")]
async fn waves_of_sign_ins_take_the_memory_of_the_threads_and_no_more() {
    for threads in [2, 8] {
        let flags = [
            "--password-threads",
            &threads.to_string(),
            "--sign-in-failures-per-address",
            "0",
            "--sign-in-failures-per-account",
            "0",
        ];
        let mut stack = Plan::apart(1).log("info").auth(&flags).start().await;
        let client = AuthServiceClient::new(stack.auth().channel().await);
        let id = stack.auth().process().id();
        for wave in 0..4 {
            let guess = |n: usize| {
                let mut client = client.clone();
                let request = LoginRequest {
                    username: format!("nobody-{wave}-{n}"),
                    password: "a guess".to_owned(),
                    ..LoginRequest::default()
                };
                async move { client.login(request).await.unwrap_err().code() }
            };
            let codes = join_all((0..CONCURRENT_SIGN_INS).map(guess)).await;
            let judged = codes.iter().filter(|code| **code == Code::Unauthenticated);
            assert!(judged.count() >= threads, "{codes:?}");
        }
        let peak = peak_memory(id);
        println!("{threads} threads: {peak} MiB at most");
        let ceiling = MIB_PER_THREAD * threads as u64 + MIB_BESIDE;
        assert!(peak <= ceiling, "{peak} MiB with {threads} threads");
    }
}
