package io.cordwood.server.rpc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.cordwood.proto.v1.AlterTopicConfigRequest;
import io.cordwood.proto.v1.CreateTopicRequest;
import io.cordwood.proto.v1.DeleteTopicRequest;
import io.cordwood.proto.v1.ListTopicsRequest;
import io.cordwood.proto.v1.TopicServiceGrpc;
import io.cordwood.server.cluster.FakeCluster;
import io.cordwood.server.cluster.FakePeers;
import io.cordwood.server.metrics.Repository;
import io.cordwood.server.rpc.AuditLog.Kind;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.slf4j.LoggerFactory;

final class AuditLogTest {
    private static final Pattern SERVICE = Pattern.compile("^service (\\w+)", Pattern.MULTILINE);
    private static final Pattern METHOD = Pattern.compile("^\\s+rpc (\\w+)\\(", Pattern.MULTILINE);

    private final FakeCluster cluster = FakeCluster.of(1);
    private final ListAppender<ILoggingEvent> lines = new ListAppender<>();
    private TestNode node;

    @BeforeEach
    void open() throws IOException {
        lines.start();
        audit().addAppender(lines);
        node = TestNode.open(1, cluster, new FakePeers());
    }

    @AfterEach
    void close() throws InterruptedException {
        audit().detachAppender(lines);
        node.close();
    }

    private static Logger audit() {
        return (Logger) LoggerFactory.getLogger(AuditLog.LOGGER_NAME);
    }

    @Test
    void everyMethodOfTheProtocolIsInTheTable() throws IOException {
        assertThat(AuditLog.METHODS.keySet()).isEqualTo(methodsOfTheProtocol());
    }

    @Test
    void methodsThatReadAreNamedSo() {
        AuditLog.METHODS.forEach((name, kind) -> {
            boolean soundsLikeReading = name.matches(".*/(Get|List|Describe|Explain).*");
            assertThat(kind == Kind.READS).as(name).isEqualTo(soundsLikeReading);
        });
    }

    @Test
    void changeLeavesALineWithWhoWhatAndOutcome() {
        var unused = node.topics()
                .createTopic(CreateTopicRequest.newBuilder()
                        .setName("orders")
                        .setReplicationFactor(1)
                        .setValidateOnly(true)
                        .build());

        var line = onlyLine();
        assertThat(line.getFormattedMessage()).contains("cordwood.v1.TopicService/CreateTopic", "OK");
        assertThat(values(line))
                .containsEntry("outcome", "OK")
                .containsEntry("call", "cordwood.v1.TopicService/CreateTopic");
        assertThat(values(line).get("peer")).contains("127.0.0.1");
        assertThat(values(line).get("arguments")).contains("name: \"orders\"", "validate_only: true");
    }

    @Test
    void refusedChangeSaysWhy() {
        assertThat(Refused.by(() -> node.topics()
                        .deleteTopic(DeleteTopicRequest.newBuilder()
                                .setName("nowhere")
                                .build())))
                .isNotNull();

        assertThat(values(onlyLine())).containsEntry("outcome", "NOT_FOUND UNKNOWN_TOPIC");
    }

    @Test
    void changeThatIsNotLetInLeavesALine() throws Exception {
        var starting = TestNode.joining(1, cluster, new FakePeers());
        try {
            assertThat(Refused.by(() -> starting.topics()
                            .deleteTopic(DeleteTopicRequest.newBuilder()
                                    .setName("orders")
                                    .build())))
                    .isNotNull();
        } finally {
            starting.close();
        }

        assertThat(values(onlyLine())).containsEntry("outcome", "UNAVAILABLE NOT_JOINED");
    }

    @Test
    void changeOfASettingShowsItBeforeAndAfter() {
        cluster.createTopic("orders", 1, 1);

        var unused = node.topics()
                .alterTopicConfig(AlterTopicConfigRequest.newBuilder()
                        .setName("orders")
                        .putSet("retention.ms", "86400000")
                        .build());

        assertThat(values(onlyLine()).get("answer"))
                .contains("before {", "after {", "value: \"604800000\"", "value: \"86400000\"");
    }

    @Test
    void callThatEndsBeforeItIsMadeLeavesALine() {
        var call = node.channel.newCall(TopicServiceGrpc.getDeleteTopicMethod(), CallOptions.DEFAULT);
        call.start(new ClientCall.Listener<>() {}, new Metadata());
        call.halfClose();

        assertThat(values(onlyLine()))
                .containsEntry("outcome", "INTERNAL INVALID_ARGUMENT")
                .containsEntry("arguments", "")
                .containsEntry("answer", "");
    }

    @Test
    void argumentsStayOnOneLine() {
        assertThat(Refused.by(() -> node.topics()
                        .deleteTopic(DeleteTopicRequest.newBuilder()
                                .setName("two\nlines" + "x".repeat(10_000))
                                .build())))
                .isNotNull();

        var arguments = values(onlyLine()).get("arguments");
        assertThat(arguments).doesNotContain("\n").hasSizeLessThan(4_100);
    }

    @Test
    void callThatReadsLeavesNone() {
        var unused = node.topics().listTopics(ListTopicsRequest.getDefaultInstance());

        assertThat(lines.list).isEmpty();
    }

    /** The line is written before the answer is sent. */
    private ILoggingEvent onlyLine() {
        await().until(() -> !lines.list.isEmpty());
        assertThat(lines.list).hasSize(1);
        return lines.list.get(0);
    }

    private static Map<String, String> values(ILoggingEvent line) {
        return line.getKeyValuePairs().stream()
                .collect(Collectors.toMap(pair -> pair.key, pair -> String.valueOf(pair.value)));
    }

    private static Set<String> methodsOfTheProtocol() throws IOException {
        var directory = Repository.root().resolve("proto/src/main/proto/cordwood/v1");
        var names = new TreeSet<String>();
        try (var files = Files.list(directory)) {
            for (Path file : files.toList()) {
                names.addAll(methods(Files.readString(file)));
            }
        }
        return names;
    }

    /** One service in a file, as buf's rules have it. */
    private static Set<String> methods(String proto) {
        var service = SERVICE.matcher(proto);
        if (!service.find()) {
            return Set.of();
        }
        return METHOD.matcher(proto)
                .results()
                .map(method -> "cordwood.v1." + service.group(1) + "/" + method.group(1))
                .collect(Collectors.toSet());
    }
}
