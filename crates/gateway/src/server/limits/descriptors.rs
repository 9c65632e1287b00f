//! File descriptors: each connection takes two, so the soft limit of the process is raised to its hard one, and there
//! are never more connections than there are descriptors for.

/// Descriptors that are for anything else: the databases, the admin listener, files, sockets not yet accepted.
const OTHERS: u64 = 1_024;

/// How many connections there may be when `wanted` are wanted. Raises the limit of the process as far as it may.
pub(crate) fn connections(wanted: usize) -> usize {
    let limit = match rlimit::increase_nofile_limit(u64::MAX) {
        Ok(limit) => limit,
        Err(error) => {
            log::warn!("the limit of open files cannot be raised: {error}");
            rlimit::getrlimit(rlimit::Resource::NOFILE).map_or(u64::MAX, |(soft, _)| soft)
        }
    };
    let most = fitting(limit);
    if most < wanted {
        log::warn!("at most {most} connections fit in the limit of {limit} open files; limits.connections is {wanted}");
    }
    most.min(wanted)
}

/// How many connections fit in a limit. A quarter more may be shaking hands for TLS, with one descriptor each.
fn fitting(limit: u64) -> usize {
    let free = limit.saturating_sub(OTHERS.min(limit / 4));
    usize::try_from(free / 9 * 4).unwrap_or(usize::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connections_fit_in_the_descriptors() {
        for limit in [4, 256, 1_024, 4_096, 20_000, 1 << 20] {
            let most = fitting(limit) as u64;
            assert!(
                most >= 1 && (limit < 64 || 2 * most + most / 4 + limit.min(1_024) / 4 <= limit),
                "{limit}: {most}"
            );
        }
        assert!(fitting(20_000) > 8_192);
        assert!(connections(10) <= 10);
    }
}
