//! The command `dessim`.

mod cli;

fn main() -> std::process::ExitCode {
    cli::main()
}
