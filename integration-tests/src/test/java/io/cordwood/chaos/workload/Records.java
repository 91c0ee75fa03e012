package io.cordwood.chaos.workload;

import io.cordwood.chaos.history.Seen;
import io.cordwood.proto.v1.StoredRecord;
import java.util.List;

/** Records as nodes send them in answers. */
final class Records {
    private Records() {}

    static List<Seen> seen(List<StoredRecord> records) {
        return records.stream()
                .map(record -> new Seen(
                        record.getOffset(),
                        Payload.parse(record.getValue().getData().toByteArray())))
                .toList();
    }
}
