package io.cordwood.raft;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.concurrent.CompletionException;
import org.apache.ratis.protocol.exceptions.ReconfigurationTimeoutException;
import org.junit.jupiter.api.Test;

class MemberChangesTest {
    private static CompletionException failureOfCall(int callId) {
        var request = "client-1->2@group-3, cid=" + callId + ", RW";
        return new CompletionException(new IOException(
                "RaftClientReply:" + request + ", FAILED",
                new ReconfigurationTimeoutException("no progress of " + request + "\nand more")));
    }

    @Test
    void attemptsThatFailAlikeHaveOneReason() {
        assertThat(MemberChanges.reasonOf(failureOfCall(1)))
                .isEqualTo(MemberChanges.reasonOf(failureOfCall(2)))
                .isEqualTo("ReconfigurationTimeoutException: no progress of client-1->2@group-3, RW");
    }

    @Test
    void reasonIsWhatFailedAndNotThatItDid() {
        var failure = new CompletionException(new IOException("node 4 has not opened it yet"));

        assertThat(MemberChanges.reasonOf(failure)).isEqualTo("IOException: node 4 has not opened it yet");
    }
}
