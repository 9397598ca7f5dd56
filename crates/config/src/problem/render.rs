use annotate_snippets::{AnnotationKind, Element, Group, Level, Origin, Renderer, Snippet};

use super::{Problem, Problems, Severity, Site};

/// Wide enough for a line of a configuration; what is longer is cut around its caret.
const WIDTH: usize = 120;

/// A longer line is not quoted: nobody finds a caret in it, and drawing it takes time in proportion to it.
const LONGEST: usize = 2_000;

pub(super) fn all(problems: &Problems, in_colour: bool) -> String {
    let renderer = match in_colour {
        true => Renderer::styled(),
        false => Renderer::plain(),
    };
    let renderer = renderer.term_width(WIDTH);
    let text = problems.source.quotable();
    let mut shown: Vec<_> = problems
        .problems
        .iter()
        .map(|problem| renderer.render(&[group(problem, problems, &text)]))
        .collect();
    if problems.left_out > 0 {
        shown.push(format!("and {} more", problems.left_out));
    }
    shown.join("\n\n")
}

fn group<'a>(problem: &'a Problem, problems: &'a Problems, text: &'a str) -> Group<'a> {
    let level = match problem.0.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
    };
    let group = level
        .primary_title(problem.0.message.as_ref())
        .elements(place(problem, problems, text));
    match &problem.0.help {
        Some(help) => group.element(Level::HELP.message(help.as_str())),
        None => group,
    }
}

fn place<'a>(problem: &'a Problem, problems: &'a Problems, text: &'a str) -> Vec<Element<'a>> {
    let expected = expected(problem);
    let Site::File(span) = &problem.0.site else {
        let variable = problem
            .variable()
            .map(|name| Level::NOTE.message(format!("in the environment's variable `{name}`")));
        let of = (!problem.0.path.is_empty())
            .then(|| Level::NOTE.message(format!("it is about `{}`", problem.0.path)));
        let expected = expected.map(|expected| Level::NOTE.message(expected));
        let notes = [variable, of, expected].into_iter().flatten();
        return notes.map(Element::from).collect();
    };
    let source = &problems.source;
    let related = problem.0.related.iter();
    let all = related.clone().fold(span.clone(), |all, (span, _)| {
        all.start.min(span.start)..all.end.max(span.end)
    });
    let (lines, first) = source.lines(&source.whole(&all));
    if text[lines.clone()].lines().any(|line| line.len() > LONGEST) {
        let place = source.place(span.start);
        let origin = Origin::path(source.name())
            .line(whole(place.line))
            .char_column(whole(place.column));
        let expected = expected.map(|expected| Level::NOTE.message(expected).into());
        return [Some(origin.into()), expected]
            .into_iter()
            .flatten()
            .collect();
    }
    let within = |span| {
        let span = source.whole(span);
        span.start - lines.start..span.end - lines.start
    };
    let primary = AnnotationKind::Primary.span(within(span)).label(expected);
    let related = related.map(|(span, label)| {
        AnnotationKind::Context
            .span(within(span))
            .label(label.as_ref())
    });
    let snippet = Snippet::source(&text[lines.clone()])
        .line_start(first)
        .path(source.name())
        .annotation(primary)
        .annotations(related);
    vec![snippet.into()]
}

fn whole(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

fn expected(problem: &Problem) -> Option<String> {
    (!problem.0.expected.is_empty()).then(|| format!("expected {}", problem.0.expected))
}
