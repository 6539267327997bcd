//! Temporary.
fn main() {
    let seed: u64 = std::env::args().nth(1).unwrap().parse().unwrap();
    let mut options = sim::Options::default();
    options.story = true;
    let report = sim::run(seed, &options);
    println!("{report}");
}
