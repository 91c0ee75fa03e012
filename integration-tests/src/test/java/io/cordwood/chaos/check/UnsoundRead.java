package io.cordwood.chaos.check;

import io.cordwood.chaos.history.Call;
import io.cordwood.chaos.history.History;
import io.cordwood.chaos.history.Operation;
import java.util.List;

/**
 * What nodes send to readers is sound.
 *
 * <p>Broken by a read that failed because its reader had to refuse what came: batches that skip offsets, or
 * whose bytes are not those of their checksum. The reader asks again and may get it right; whoever does not
 * look as closely would have taken it.
 */
public final class UnsoundRead implements Checker {
    @Override
    public String name() {
        return "unsound-read";
    }

    @Override
    public List<Violation> check(History history) {
        var findings = new Findings(name());
        for (var read : history.calls(Operation.Read.class)) {
            var why = why(read);
            if (why.startsWith(Operation.Read.UNSOUND)) {
                findings.add("the read of " + read.what().partition() + " from offset "
                        + read.what().position() + " by " + read.where() + " got what is " + why);
            }
        }
        return findings.all();
    }

    private static String why(Call<Operation.Read> read) {
        var ended = read.ended();
        return ended == null || !read.isFailed() ? "" : ended.detail();
    }
}
