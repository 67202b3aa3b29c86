//! What a policy text must satisfy before regorus sees it.
//!
//! regorus' parser tries a bracket as a comprehension first and then parses its beginning again as an array, object or set. Nested,
//! that is exponential: 20 brackets take seconds, 32 take hours, and no limit of regorus' own stops it. Long chains of operators are
//! parsed in a loop, but make a syntax tree as deep as they are long, which is later walked, and freed, recursively.
//!
//! So one pass over the text bounds the depth of brackets, the length of operator chains, and the work the parser will have: the
//! sum of all tokens, each times the number of times it will at most be parsed. It understands strings, comments and brackets, never
//! meaning. Where it is unsure it assumes the dearer reading; a text that it refuses for its form, regorus would refuse too.

use std::num::NonZeroUsize;

use crate::{Fault, Status};

pub const MAX_BYTES: NonZeroUsize = NonZeroUsize::new(64 * 1024).unwrap();
const MAX_DEPTH: usize = 16;
const MAX_CHAIN: u32 = 128;
const MAX_LINE: usize = 4096; // bytes; regorus bounds the columns of code, but repeats a line with a long comment in each error
const MAX_WORK: u64 = 16_000_000; // measured: below 100 ms for every shape in the tests; 64 KiB of dense rules need 12 million

// The unit of work is one byte looked at once. Measured against it, a token and a bracket that may begin a comprehension cost:
const TOKEN: u64 = 32;
const BRACKET: u64 = 128;

pub fn check(text: &str) -> Result<(), Fault> {
    let bytes = text.as_bytes();
    if bytes.len() > MAX_BYTES.get() {
        return limit(format!("a policy of {} bytes; at most {MAX_BYTES}", bytes.len()));
    }
    if let Some(at) = bytes.iter().position(|byte| *byte == 0) {
        return Err(malformed(text, at, "a NUL byte: the parser would ignore what follows"));
    }
    if let Some(line) = text.split('\n').position(|line| line.len() > MAX_LINE) {
        return limit(format!("line {}: longer than {MAX_LINE} bytes", line + 1));
    }
    match Pass::new(text).run()? > MAX_WORK {
        true => limit("brackets nested so that parsing would take too long: give the inner values names of their own".into()),
        false => Ok(()),
    }
}

struct Pass<'a> {
    text: &'a str,
    at: usize,
    counted: usize, // bytes before this offset are in some level's work
    previous: Previous,
    levels: Vec<Level>,
}

/// What the token before the current one was, as far as it decides how the current one is parsed.
#[derive(Clone, Copy, PartialEq)]
enum Previous {
    Operand, // a name, number, string or closing bracket: an expression may end here
    If,
    Else,
    Other,
}

/// An open bracket and what has been found inside it so far.
struct Level {
    open: u8,
    at: usize,
    form: Form,
    work: [u64; 2], // before and after the first comma at this level
    comma: bool,
    bar: bool,
    chain: u32,
}

enum Form {
    Plain,   // parentheses, an index, the whole text
    Literal, // an array, object, set or comprehension
    Body,    // the body of a rule or of `every`
    IfBody,  // a `{` after `if`: a body, but if that fails, a literal
}

impl Level {
    fn new(open: u8, at: usize, form: Form) -> Self {
        Level { open, at, form, work: [0, 0], comma: false, bar: false, chain: 0 }
    }

    fn add(&mut self, work: u64) {
        let part = &mut self.work[self.comma as usize];
        *part = part.saturating_add(work);
    }

    /// The work inside this level, as often as the parser may go through it.
    fn total(&self) -> u64 {
        let [first, rest] = self.work;
        let (first_times, rest_times) = match self.form {
            Form::Plain => (1, 1),
            Form::IfBody => (8, 8), // both readings of a literal, each first as a reference, and the body before
            _ if self.bar => (3, 3), // the attempt, the query in it as a reference and as an expression, the second reading
            Form::Literal => (2, 1), // the attempt ends at the first comma
            Form::Body => (2, 2),   // every statement first as a reference, then as an expression
        };
        first.saturating_mul(first_times).saturating_add(rest.saturating_mul(rest_times))
    }
}

impl<'a> Pass<'a> {
    fn new(text: &'a str) -> Self {
        Pass { text, at: 0, counted: 0, previous: Previous::Other, levels: vec![Level::new(0, 0, Form::Plain)] }
    }

    /// The work that parsing the text may take.
    fn run(mut self) -> Result<u64, Fault> {
        while let Some(byte) = self.peek(0) {
            match byte {
                b' ' | b'\t' | b'\r' | b'\n' => self.at += 1,
                b'#' => self.skip_comment(),
                _ => self.token(byte)?,
            }
        }
        self.count(0);
        match &self.levels[..] {
            [whole] => Ok(whole.total().saturating_mul(2)), // a body without braces is also parsed twice
            [.., open] => Err(malformed(self.text, open.at, "a bracket that is never closed")),
            [] => unreachable!("only `close` removes levels, and never the first"),
        }
    }

    fn token(&mut self, byte: u8) -> Result<(), Fault> {
        let start = self.at;
        let adjacent = start > 0 && !matches!(self.text.as_bytes()[start - 1], b' ' | b'\t' | b'\r' | b'\n');
        match byte {
            b'(' | b'[' | b'{' => return self.open(byte, adjacent),
            b')' | b']' | b'}' => return self.close(byte),
            b'"' | b'`' => self.skip_string(byte)?,
            _ if is_name(byte) => self.at += self.text.as_bytes()[start..].iter().take_while(|byte| is_name(**byte)).count(),
            b':' | b'=' | b'<' | b'>' | b'!' if self.peek(1) == Some(b'=') => self.at += 2,
            _ => self.at += 1,
        }
        let token = &self.text[start..self.at];
        self.count(TOKEN);
        match token {
            "in" => self.operator()?,
            "if" => self.operand(Previous::If),
            "else" => self.operand(Previous::Else),
            "as" | "contains" | "default" | "every" | "import" | "not" | "package" | "some" | "with" => {
                self.operand(Previous::Other)
            }
            _ if is_name(byte) || byte == b'"' || byte == b'`' => self.operand(Previous::Operand),
            "," | ";" | ":" | "=" | ":=" => self.separator(token),
            _ => {
                self.level().bar |= token == "|";
                self.operator()?;
            }
        }
        Ok(())
    }

    // An operand right after another begins a new statement.
    fn operand(&mut self, kind: Previous) {
        if self.previous == Previous::Operand {
            self.level().chain = 0;
        }
        self.previous = kind;
    }

    fn separator(&mut self, token: &str) {
        let level = self.level();
        level.chain = 0;
        level.comma |= token == ",";
        self.previous = Previous::Other;
    }

    fn operator(&mut self) -> Result<(), Fault> {
        self.previous = Previous::Other;
        let level = self.level();
        level.chain += 1;
        match level.chain > MAX_CHAIN {
            true => limit(format!("line {}: more than {MAX_CHAIN} operators in one expression", line_of(self.text, self.at))),
            false => Ok(()),
        }
    }

    fn open(&mut self, byte: u8, adjacent: bool) -> Result<(), Fault> {
        if self.levels.len() > MAX_DEPTH {
            return limit(format!("line {}: brackets nested deeper than {MAX_DEPTH}", line_of(self.text, self.at)));
        }
        let after = self.previous;
        let form = match byte {
            b'(' => Form::Plain,
            b'[' if after == Previous::Operand && adjacent => Form::Plain,
            b'[' => Form::Literal,
            _ if after == Previous::If => Form::IfBody,
            _ if after == Previous::Operand || after == Previous::Else => Form::Body,
            _ => Form::Literal,
        };
        match (byte, &form) {
            (b'[', Form::Plain) => self.operator()?, // an index is a link of a chain
            (b'(', _) if after == Previous::Operand => self.operator()?,
            _ => self.operand(Previous::Other),
        }
        self.at += 1;
        self.count(if matches!(form, Form::Plain) { TOKEN } else { BRACKET });
        self.levels.push(Level::new(byte, self.at - 1, form));
        self.previous = Previous::Other;
        Ok(())
    }

    fn close(&mut self, byte: u8) -> Result<(), Fault> {
        self.at += 1;
        self.count(TOKEN);
        let matching = match byte {
            b')' => b'(',
            b']' => b'[',
            _ => b'{',
        };
        if self.level().open != matching {
            return Err(malformed(self.text, self.at - 1, "a closing bracket that matches no opening one"));
        }
        let work = self.levels.pop().map_or(0, |level| level.total());
        self.level().add(work);
        self.previous = Previous::Operand;
        Ok(())
    }

    fn skip_comment(&mut self) {
        self.at += self.text[self.at..].find('\n').unwrap_or(self.text.len() - self.at);
    }

    fn skip_string(&mut self, quote: u8) -> Result<(), Fault> {
        let start = self.at;
        self.at += 1;
        while let Some(byte) = self.peek(0) {
            self.at += 1;
            match byte {
                _ if byte == quote => return Ok(()),
                b'\\' if quote == b'"' => self.at += 1,
                b'\n' if quote == b'"' => break,
                _ => {}
            }
        }
        Err(malformed(self.text, start, "a string that is never closed"))
    }

    /// Adds everything since the last count (spaces and comments are read again with what follows them) and `extra` to the level.
    fn count(&mut self, extra: u64) {
        let work = (self.at - self.counted) as u64 + extra;
        self.counted = self.at;
        self.level().add(work);
    }

    fn level(&mut self) -> &mut Level {
        self.levels.last_mut().expect("the first level is never removed")
    }

    fn peek(&self, ahead: usize) -> Option<u8> {
        self.text.as_bytes().get(self.at + ahead).copied()
    }
}

// Letters, digits, the underscore, and all that is not ASCII (which regorus refuses outside strings).
fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn limit(text: String) -> Result<(), Fault> {
    Err(Fault { status: Status::Limit, text })
}

fn malformed(text: &str, at: usize, what: &str) -> Fault {
    Fault { status: Status::Err, text: format!("line {}: {what}", line_of(text, at)) }
}

fn line_of(text: &str, at: usize) -> usize {
    1 + text.as_bytes()[..at.min(text.len())].iter().filter(|byte| **byte == b'\n').count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use regorus::Engine;
    use std::time::{Duration, Instant};

    fn nested(depth: usize, open: &str, inner: &str, close: &str) -> String {
        format!("{}{inner}{}", open.repeat(depth), close.repeat(depth))
    }

    fn v0() -> Engine {
        let mut engine = Engine::new();
        engine.set_rego_v0(true);
        engine
    }

    #[test]
    fn ordinary_policies_pass() {
        for policy in [
            "",
            "package p\nallow = true",
            "package p\nallow if {\n  some i\n  input.a[i].b[\"c d\"] == {\"x\": [1, -2.5e3, `raw [[[ \n text`]}\n}\n",
            "package p # a comment with ((( \" and `\nx = count({y | y = input.z[_]; not startswith(y, \"\\\"[\")}) { 1 != 2 } else = set() { true }",
            "package p\nx = \"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\"",
            &format!("package p\nx = {}", nested(15, "f(", "1", ")")),
            &format!("package p\nx = [0, {}1]", "[1, {\"a\": 2}, b[3]],\n".repeat(1000)),
            &"r { input.a[i].b == {\"c\": [1, 2, 3]}; not f({x | x = input.y[_]}) }\n".repeat(900),
        ] {
            assert!(check(policy).is_ok(), "{:?} {policy:.200}", check(policy));
        }
    }

    #[test]
    fn what_would_stall_or_fool_the_parser_is_refused() {
        for (policy, status, text) in [
            (" ".repeat(65537), Status::Limit, "a policy of 65537 bytes; at most 65536"),
            ("x = 1\0y = 2".into(), Status::Err, "line 1: a NUL byte"),
            (format!("\n#{}", "c".repeat(4096)), Status::Limit, "line 2: longer than 4096 bytes"),
            (nested(17, "(", "1", ")"), Status::Limit, "line 1: brackets nested deeper than 16"),
            (nested(300, "[\n", "1", "]"), Status::Limit, "line 17: brackets nested deeper than 16"),
            (nested(16, "[x|", "1", ",1]"), Status::Limit, "brackets nested so that parsing would take too long"),
            (nested(12, "[", &"1,\n".repeat(9000), "]").replacen("1,", "[0,1],", 1), Status::Limit, "brackets nested so that"),
            ("1+".repeat(129), Status::Limit, "line 1: more than 128 operators in one expression"),
            (nested(129, "- ", "1", ""), Status::Limit, "line 1: more than 128 operators"),
            (format!("x{}", ".y".repeat(129)), Status::Limit, "line 1: more than 128 operators"),
            (format!("x{}", "[1]".repeat(129)), Status::Limit, "line 1: more than 128 operators"),
            (nested(129, "x in ", "y", ""), Status::Limit, "line 1: more than 128 operators"),
            ("x = [1\n".into(), Status::Err, "line 1: a bracket that is never closed"),
            ("x = [1\n)".into(), Status::Err, "line 2: a closing bracket that matches no opening one"),
            ("x = }".into(), Status::Err, "line 1: a closing bracket"),
            ("x = \"a\n\"".into(), Status::Err, "line 1: a string that is never closed"),
            ("x = \"a\\".into(), Status::Err, "line 1: a string that is never closed"),
            ("\nx = `a\n".into(), Status::Err, "line 2: a string that is never closed"),
        ] {
            let fault = check(&policy).expect_err(&policy);
            assert_eq!(fault.status, status, "{policy:.80}");
            assert!(fault.text.starts_with(text), "{} instead of {text}", fault.text);
        }
    }

    // The point of the whole file: of each shape that makes the parser backtrack, the dearest text that passes.
    // `cargo test --release dearest -- --nocapture` shows the figures.
    #[test]
    fn the_dearest_texts_that_pass_are_parsed_quickly() {
        let chain = "1+".repeat(120) + "1";
        let strings = format!("[0,{}1]", format!("`{}`,\n", "a".repeat(1000)).repeat(50));
        let wide = format!("[0,{}1]", "1,1,1,1,1,1,1,1,\n".repeat(1000));
        let error = format!("@#{}\n", "c".repeat(3000));
        let comment = format!("#{}\n1", "c".repeat(3000));
        let copies = |n: usize, one: &str| (0..60_000 / (one.len() + 8)).map(|i| format!("x{i}_{n} = {one}\n")).collect::<String>();
        type Shape<'a> = (&'a str, Box<dyn Fn(usize) -> String + 'a>);
        let shapes: Vec<Shape> = vec![
            ("arrays", Box::new(|n| nested(n, "[", "1", "]"))),
            ("sets", Box::new(|n| nested(n, "{", "1", "}"))),
            ("objects", Box::new(|n| nested(n, "{\"a\":", "1", "}"))),
            ("keys of objects", Box::new(|n| nested(n, "{", "1", ":1}"))),
            ("arrays that begin as comprehensions", Box::new(|n| nested(n, "[y|", "1", ",1]"))),
            ("sets that begin as comprehensions", Box::new(|n| nested(n, "{y|", "1", ",1}"))),
            ("objects that begin as comprehensions", Box::new(|n| nested(n, "{y|", "1", ":1}"))),
            ("values that begin as comprehensions", Box::new(|n| nested(n, "{1:y|", "1", ",1:1}"))),
            ("unions", Box::new(|n| nested(n, "{y|", "1", "}"))),
            ("comprehensions", Box::new(|n| nested(n, "[y|y=1;y=", "1", "]"))),
            ("comprehensions in literals", Box::new(|n| nested(n, "[y|1\n", "1", "]"))),
            ("errors inside", Box::new(|n| nested(n, "[", "@", "]"))),
            ("errors on a long line", Box::new(|n| nested(n, "[", &error, "]"))),
            ("operators", Box::new(|n| nested(n, "[", &chain, "]"))),
            ("long strings", Box::new(|n| nested(n, "[", &strings, "]"))),
            ("many numbers", Box::new(|n| nested(n, "[", &wide, "]"))),
            ("a long comment", Box::new(|n| nested(n, "[", &comment, "]"))),
            ("many arrays", Box::new(|n| "1\n".to_string() + &copies(n, &nested(n, "[", "1", "]")))),
            ("many objects", Box::new(|n| "1\n".to_string() + &copies(n, &nested(n, "{\"a\":", "1", "}")))),
        ];
        let places = [("x = ", "\n", true), ("x { ", " }\n", true), ("x if ", "\n", false), ("x if { 1\n", " }\n", false)];
        let deadline = Duration::from_secs(if cfg!(debug_assertions) { 30 } else { 5 }); // wall-clock, on a machine that may be busy
        for (name, shape) in &shapes {
            for (before, after, v0) in places {
                let text = |n: usize| format!("package p\n{before}{}{after}", shape(n));
                let Some(n) = (1..=MAX_DEPTH).rev().find(|n| check(&text(*n)).is_ok()) else { continue };
                let text = text(n);
                let mut engine = Engine::new();
                engine.set_rego_v0(v0);
                let start = Instant::now();
                let parsed = engine.add_policy("p".into(), text.clone()).is_ok();
                let (time, work) = (start.elapsed(), Pass::new(&text).run().unwrap());
                println!(
                    "{:6.1} ms {:4.1} ns a unit, {before:?} {name}, {n} deep, {} bytes{}",
                    time.as_secs_f64() * 1e3,
                    time.as_secs_f64() * 1e9 / work as f64,
                    text.len(),
                    if parsed { "" } else { " (refused)" }
                );
                assert!(time < deadline, "{name}: {time:?}");
            }
        }
    }

    // Test threads have a stack of 2 MiB, a quarter of what a process has.
    #[test]
    fn the_deepest_tree_that_passes_does_not_exhaust_the_stack() {
        let policy = (0..15).fold("1".to_string(), |inner, _| format!("({inner}){}", "\n+1".repeat(120)));
        let policy = format!("package p\nx = {policy}");
        check(&policy).unwrap();
        let mut engine = v0();
        engine.add_policy("p".into(), policy).unwrap();
        assert_eq!(engine.eval_rule("data.p.x".into()).unwrap(), regorus::Value::from(15 * 120 + 1));
    }
}
