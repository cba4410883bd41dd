//! Memory: what many large pictures take at the same time.

#![cfg(target_os = "linux")]

use crate::support::{arg, fixture, new_project, program};
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

/// A black RGB picture of `side` pixels squared, whose file is small: the same few bits again and again.
fn black_png(path: &Path, side: u32) {
    // zlib: every byte is 0, filters too. A byte, then runs of 258 bytes at distance 1 (13 bits each), then the rest.
    let all = u64::from(side) * (1 + 3 * u64::from(side));
    let mut bits = Bits::default();
    bits.put(0b1, 1);
    bits.put(0b01, 2);
    bits.code(0x30, 8);
    let (runs, rest) = ((all - 1) / 258, (all - 1) % 258);
    for _ in 0..runs {
        bits.code(0b1100_0101, 8);
        bits.code(0, 5);
    }
    for _ in 0..rest {
        bits.code(0x30, 8);
    }
    bits.code(0, 7);
    let mut data = vec![0x78, 0x01];
    data.extend(bits.finish());
    let adler = (((all % 65521) as u32) << 16) | 1;
    data.extend(adler.to_be_bytes());
    let mut png = b"\x89PNG\r\n\x1a\n".to_vec();
    let head = [&side.to_be_bytes()[..], &side.to_be_bytes(), &[8, 2, 0, 0, 0]].concat();
    for (kind, content) in [(b"IHDR", &head), (b"IDAT", &data), (b"IEND", &Vec::new())] {
        png.extend((content.len() as u32).to_be_bytes());
        let start = png.len();
        png.extend(kind);
        png.extend(content);
        let check = crc(&png[start..]);
        png.extend(check.to_be_bytes());
    }
    std::fs::write(path, png).unwrap();
}

fn crc(bytes: &[u8]) -> u32 {
    let step = |crc: u32, byte: &u8| {
        (0..8).fold(crc ^ u32::from(*byte), |c, _| {
            (c >> 1) ^ (0xEDB8_8320 & 0u32.wrapping_sub(c & 1))
        })
    };
    !bytes.iter().fold(u32::MAX, step)
}

/// Bits from the lowest of each byte on.
#[derive(Default)]
struct Bits {
    bytes: Vec<u8>,
    open: u64,
    count: u32,
}

impl Bits {
    fn put(&mut self, value: u64, count: u32) {
        self.open |= value << self.count;
        self.count += count;
        while self.count >= 8 {
            self.bytes.push(self.open as u8);
            self.open >>= 8;
            self.count -= 8;
        }
    }

    /// A code of deflate, whose first bit is its highest.
    fn code(&mut self, code: u32, count: u32) {
        self.put(u64::from(code.reverse_bits() >> (32 - count)), count);
    }

    fn finish(mut self) -> Vec<u8> {
        let left = (8 - self.count % 8) % 8;
        self.put(0, left);
        self.bytes
    }
}

/// The most memory that a process has had so far, in bytes.
fn most(process: u32) -> Option<u64> {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kb| kb << 10)
}

/// The most memory of a check of so many black pictures of this side, in bytes.
fn peak_of(count: usize, side: u32) -> u64 {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data/black");
    std::fs::create_dir_all(&data).unwrap();
    black_png(&data.join("0.png"), side);
    for i in 1..count {
        std::fs::hard_link(data.join("0.png"), data.join(format!("{i}.png"))).unwrap();
    }
    let more = ["--format", "folder"];
    let project = new_project(
        folder.path(),
        &folder.path().join("data"),
        &fixture("checkpoints/tiny"),
        &more,
    );
    let mut child = program()
        .args(["--json", "project", "check", arg(&project)])
        .env("RAYON_NUM_THREADS", count.to_string())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut peak = 0;
    while child.try_wait().unwrap().is_none() {
        peak = peak.max(most(child.id()).unwrap_or(0));
        std::thread::sleep(Duration::from_millis(20));
    }
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let check: serde_json::Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(
        (&check["images"], &check["checked"]),
        (&count.into(), &count.into()),
        "{check}"
    );
    assert_eq!(check["unusable"], serde_json::json!([]), "they were all decoded");
    peak
}

#[test]
fn large_pictures_at_once_stay_within_the_budget() {
    let peak = peak_of(5, 12_288);
    assert!(peak > 400 << 20, "one of them alone takes 453 MB: {peak}");
    assert!(peak < 1_700_000_000, "all at once would take 2.3 GB: {peak}");
}

#[test]
#[ignore = "takes minutes; the same with smaller pictures is tested always"]
fn six_large_pictures_at_once_stay_under_two_gigabytes() {
    let peak = peak_of(6, 16_384);
    assert!(peak > 700 << 20, "one of them alone takes 805 MB: {peak}");
    assert!(peak < 2_000_000_000, "{peak} bytes at once");
}
