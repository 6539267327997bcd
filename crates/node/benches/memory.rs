//! What a key of 16 bytes with a value of 100 takes in resident memory, and what it costs to use
//! one: the store alone, in a process of its own for each row.
//!
//! `cargo bench -p node --bench memory --features measuring` prints the table.

use std::process::Command;
use std::time::Duration;

use node::measuring::Keys;

#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// How many keys are used together, as in a turn.
const TOGETHER: usize = 32;
/// So often it is asked for memory meanwhile, as it would be in a server.
const SETTLING: u32 = 8;
/// An allocator gives back what it does not need within so long.
const SETTLED: Duration = Duration::from_millis(3000);

fn key(n: u64) -> String {
    format!("key:{n:012}")
}

/// A number for each of so many, in an order without order.
fn shuffled(count: u64) -> impl Iterator<Item = u64> {
    (0..count).map(move |n| n * 7_368_787 % count)
}

/// Resident memory of this process, in bytes.
fn resident() -> u64 {
    for _ in 0..SETTLING {
        std::thread::sleep(SETTLED / SETTLING);
        drop(std::hint::black_box(vec![1u8; 1 << 20]));
    }
    let text = std::fs::read_to_string("/proc/self/statm").unwrap();
    text.split(' ').nth(1).unwrap().parse::<u64>().unwrap() * 4096
}

/// The processor time of this process so far, in nanoseconds: other processes do not count.
fn processor_ns() -> u64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap();
    text.split(' ').next().unwrap().parse().unwrap()
}

/// Writes all keys: nanoseconds each.
fn write(keys: &mut Keys, all: impl Iterator<Item = u64>, value: Option<&[u8]>) -> f64 {
    let (start_ns, mut count) = (processor_ns(), 0);
    for n in all {
        keys.write(key(n).as_bytes(), value);
        count += 1;
    }
    (processor_ns() - start_ns) as f64 / f64::from(count)
}

/// Reads all keys: nanoseconds each.
fn read(keys: &Keys, count: u64) -> f64 {
    let (start_ns, mut some) = (processor_ns(), vec![]);
    for n in shuffled(count) {
        some.push(key(n));
        if some.len() == TOGETHER {
            let names: Vec<&[u8]> = some.iter().map(|key| key.as_bytes()).collect();
            assert_eq!(keys.read(&names), TOGETHER * 100);
            some.clear();
        }
    }
    (processor_ns() - start_ns) as f64 / count as f64
}

fn row(order: &str, count: u64) {
    let mut keys = if order == "agreed" { Keys::agreed() } else { Keys::merged() };
    keys.write(b"first", Some(b"value"));
    let empty = resident();
    let each = |left: u64| (resident() - empty) as f64 / left as f64;
    let new_ns = write(&mut keys, shuffled(count), Some(&[b'x'; 100]));
    let loaded = each(count);
    let read_ns = read(&keys, count);
    let after_read = each(count);
    let over_ns = write(&mut keys, shuffled(count), Some(&[b'y'; 100]));
    let overwritten = each(count);
    let gone = shuffled(count).filter(|n| n % 10 > 0);
    let gone_ns = write(&mut keys, gone, None);
    let deleted = each(count / 10);
    println!(
        "{order:<7} {count:>9} {loaded:>7.1} {after_read:>7.1} {overwritten:>7.1} {deleted:>7.1} \
         {new_ns:>7.0} {over_ns:>7.0} {read_ns:>7.0} {gone_ns:>7.0}"
    );
}

fn main() {
    let arguments: Vec<String> = std::env::args().collect();
    if let [_, order, count] = &arguments[..] {
        return row(order, count.parse().unwrap());
    }
    println!(
        "                     bytes a key                     CPU ns, naming the key included"
    );
    println!(
        "order        keys  loaded    read    over 9/10 gone  new SET    over     GET     DEL"
    );
    for count in ["1000000", "10000000"] {
        for order in ["agreed", "merged"] {
            let program = std::env::current_exe().unwrap();
            assert!(Command::new(program).args([order, count]).status().unwrap().success());
        }
    }
}
