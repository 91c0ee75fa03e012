package io.cordwood.cli;

import io.cordwood.cli.console.Console;
import io.cordwood.cli.console.Json;
import io.cordwood.client.Cause;
import io.cordwood.client.Explanation;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What holds something back, as sentences and as JSON with the names of the API. */
final class CauseTexts {
    private CauseTexts() {}

    /** @param subject what was to be explained, such as "group billing" */
    static void print(Console console, OutputOptions output, String subject, Explanation explanation) {
        var causes = explanation.causes();
        if (output.json()) {
            console.data(Json.of(causes.stream().map(CauseTexts::json).toList()));
        } else {
            lines(subject, causes).forEach(console::data);
        }
        int leftOut = explanation.leftOut();
        if (leftOut > 0) {
            console.notice(leftOut + (leftOut == 1 ? " more cause is" : " more causes are")
                    + " left out: ask for a part, such as one topic or partition");
        }
    }

    static List<String> lines(String subject, List<Cause> causes) {
        if (causes.isEmpty()) {
            return List.of("nothing holds " + subject + " back");
        }
        var lines = new ArrayList<String>();
        for (var cause : causes) {
            lines.add(cause.sentence() + " [" + cause.code() + "]");
            if (!cause.hint().isEmpty()) {
                lines.add("  hint: " + cause.hint());
            }
        }
        return lines;
    }

    private static Map<String, Object> json(Cause cause) {
        var values = new LinkedHashMap<String, Object>();
        values.put("code", cause.code().name());
        values.put("sentence", cause.sentence());
        values.put("hint", cause.hint());
        if (!cause.topic().isEmpty()) {
            values.put("topic", cause.topic());
        }
        cause.partition().ifPresent(partition -> values.put("partition", partition));
        if (!cause.memberId().isEmpty()) {
            values.put("memberId", cause.memberId());
        }
        cause.nodeId().ifPresent(node -> values.put("nodeId", node));
        return values;
    }
}
