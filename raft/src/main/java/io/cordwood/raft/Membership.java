package io.cordwood.raft;

import io.cordwood.metadata.FeatureRules;
import io.cordwood.metadata.MetadataCommand;
import io.cordwood.metadata.MetadataImage;
import io.cordwood.metadata.MetadataResult;
import io.cordwood.metadata.NodeRegistration;
import io.cordwood.proto.internal.v1.Hello;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftPeer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Makes this node a member of its cluster: forms it with the other initial nodes, joins it where it is expected, or takes
 * its place again after a restart; then registers what it says about itself.
 *
 * <p>Invariants: the node file is written only when the metadata holds this node with this directory's incarnation; a
 * directory of another cluster, node or incarnation never gets that far.
 *
 * <p>Thread: its own, {@code membership-<node>}; {@link #joined} and {@link #registration} by any.
 */
final class Membership implements Closeable {
    private static final Logger LOG = LoggerFactory.getLogger(Membership.class);
    private static final Duration HELLO_TIMEOUT = Duration.ofSeconds(1);

    private final RaftNodeConfig config;
    private final DataDirectory directory;
    private final RaftGroups groups;
    private final MetadataGroup metadataGroup;
    private final ClusterMetadata metadata;
    private final NodeTransport transport;
    private final Greeting greeting;
    private final Formation formation;
    private final CompletableFuture<Void> joined = new CompletableFuture<>();
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Thread thread;
    private String lastReason = "";

    Membership(
            RaftNodeConfig config,
            DataDirectory directory,
            RaftGroups groups,
            MetadataGroup metadataGroup,
            ClusterMetadata metadata,
            NodeTransport transport,
            Greeting greeting) {
        this.config = config;
        this.directory = directory;
        this.groups = groups;
        this.metadataGroup = metadataGroup;
        this.metadata = metadata;
        this.transport = transport;
        this.greeting = greeting;
        this.formation = new Formation(config);
        this.thread = new Thread(this::run, "membership-" + config.nodeId());
    }

    static NodeRegistration registration(RaftNodeConfig config, String incarnation) {
        return new NodeRegistration(
                config.nodeId(),
                incarnation,
                config.nodeAddress(),
                config.clientAddresses(),
                config.rack(),
                config.limits(),
                config.features());
    }

    void start() {
        thread.start();
    }

    /** Completes when the node is a registered member; fails with {@link StartRefusedException} when it never can be. */
    CompletableFuture<Void> joined() {
        return joined;
    }

    private void run() {
        try {
            while (!isMember() && closed.getCount() > 0) {
                becomeMember();
                pause();
            }
            while (!joined.isDone() && closed.getCount() > 0) {
                checkPeers();
                register();
                pause();
            }
            while (!metadataGroup.hasItsRole(config.nodeId()) && closed.getCount() > 0) {
                takeRole();
                var unused = closed.await(config.nodeTimings().poll().toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (StartRefusedException e) {
            joined.completeExceptionally(e); // whoever waits for that tells it
        } catch (IOException | RuntimeException e) {
            LOG.error("node {} cannot be a member", config.nodeId(), e);
            joined.completeExceptionally(e);
        } catch (InterruptedException e) {
            joined.cancel(false); // closed
        }
    }

    private void takeRole() {
        try {
            metadataGroup.takeRole(config.nodeId());
        } catch (IOException e) {
            LOG.warn("node {} cannot open the metadata group again yet", config.nodeId(), e);
        }
    }

    private void pause() throws InterruptedException {
        if (!isMember() || !joined.isDone()) {
            var unused = closed.await(config.nodeTimings().poll().toMillis(), TimeUnit.MILLISECONDS);
        }
    }

    private boolean isMember() {
        return directory.identity().isPresent();
    }

    private void becomeMember() throws IOException, InterruptedException {
        var image = metadata.image();
        if (image.formed() && takePlace(image)) {
            return;
        }
        var self = registration(config, directory.incarnation());
        var groupId = metadataGroup.id();
        var forming = directory.forming();
        if (groupId.isEmpty()) {
            take(formation.next(self, forming.metadataGroupId(), askPeers()));
        } else if (!formation.founds(forming)) {
            logWhenNew(submit(new MetadataCommand.RegisterNode(self)));
        } else if (!image.formed()) {
            form(formation.next(self, forming.metadataGroupId(), askPeers()));
        }
    }

    /** Writes the node file once the metadata names this node with this incarnation. */
    private boolean takePlace(MetadataImage image) throws IOException, InterruptedException {
        var known = image.node(config.nodeId());
        if (known.isEmpty() || known.get().isAwaited()) {
            return false;
        }
        if (!known.get().incarnation().equals(directory.incarnation())) {
            checkNewestImage();
            return false;
        }
        directory.joined(image.clusterId());
        LOG.info("node {} is a member of cluster {}", config.nodeId(), image.clusterId());
        return true;
    }

    /** A node that takes the place of a lost directory applies the history from its beginning, with that directory in it. */
    private void checkNewestImage() throws InterruptedException {
        try {
            var newest = metadata.currentImage()
                    .get(config.nodeTimings().commandTimeout().toMillis(), TimeUnit.MILLISECONDS);
            var known = newest.node(config.nodeId()).filter(node -> !node.isAwaited());
            if (known.isPresent() && !known.get().incarnation().equals(directory.incarnation())) {
                throw new StartRefusedException(otherIncarnation(newest.clusterId()));
            }
        } catch (ExecutionException | TimeoutException e) {
            logWhenNew("the metadata group does not answer yet: " + e.getMessage());
        }
    }

    private void take(Formation.Step step) throws IOException {
        if (step instanceof Formation.Step.Form form) {
            LOG.info(
                    "node {} opens the metadata group with the initial nodes {}",
                    config.nodeId(),
                    config.initialNodes());
            open(formation.founding(directory.forming(), form.groupId()), formation.peers());
        } else if (step instanceof Formation.Step.Join join) {
            LOG.info("node {} joins the metadata group", config.nodeId());
            open(directory.forming().joining(join.groupId()), List.of());
        } else if (step instanceof Formation.Step.Wait wait) {
            logWhenNew(wait.reason());
        }
    }

    private void open(Forming forming, List<RaftPeer> peers) throws IOException {
        var groupId = RaftGroupId.valueOf(forming.metadataGroupId().orElseThrow());
        directory.openingMetadataGroup(forming);
        groups.add(groupId, peers);
        metadataGroup.opened(groupId);
    }

    /** This node has the metadata group of a cluster that is not formed yet; the leader forms it. */
    private void form(Formation.Step step) throws InterruptedException {
        if (step instanceof Formation.Step.Form form && !form.nodes().isEmpty() && metadataGroup.leads()) {
            var clusterId = Uuids.toText(UUID.randomUUID());
            LOG.info("node {} forms cluster {} with nodes {}", config.nodeId(), clusterId, config.initialNodes());
            logWhenNew(submit(new MetadataCommand.FormCluster(
                    clusterId,
                    FeatureRules.first(form.nodes()),
                    form.nodes(),
                    List.copyOf(formation.voters().keySet()))));
        } else if (step instanceof Formation.Step.Wait wait) {
            logWhenNew(wait.reason());
        }
    }

    /** After a restart: a peer that belongs to another cluster means that this directory, or its configuration, is wrong. */
    private void checkPeers() throws InterruptedException {
        var identity = directory.identity().orElseThrow();
        for (Hello answer : askPeers().values()) {
            var other = answer.getClusterId();
            if (!other.isEmpty() && !other.equals(identity.clusterId())) {
                throw new StartRefusedException("data directory " + config.dataDirectory() + " belongs to cluster "
                        + identity.clusterId() + ", but node "
                        + answer.getNode().getNodeId() + " at "
                        + answer.getNode().getNodeAddress() + " is in cluster " + other
                        + ": set data.dir or cluster.initial-nodes right");
            }
        }
    }

    private String otherIncarnation(String clusterId) {
        return Formation.otherIncarnation(
                clusterId, config.nodeId(), config.dataDirectory().toString(), directory.incarnation());
    }

    private void register() throws InterruptedException {
        var self = registration(config, directory.incarnation());
        var reason = submit(new MetadataCommand.RegisterNode(self, isMember()));
        if (reason.isEmpty()) {
            LOG.info(
                    "node {} is registered in cluster {}",
                    config.nodeId(),
                    metadata.image().clusterId());
            joined.complete(null);
        } else {
            logWhenNew(reason);
        }
    }

    /** Empty when it is done, else why not. A refused registration ends the node: nothing but its operator can help. */
    private String submit(MetadataCommand command) throws InterruptedException {
        try {
            var timeout = config.nodeTimings().commandTimeout();
            var result = metadata.submit(command, timeout).get(timeout.toMillis(), TimeUnit.MILLISECONDS);
            if (result instanceof MetadataResult.Refused refused && isMember()) {
                throw new StartRefusedException(
                        refused.reason() == MetadataResult.Reason.INCARNATION_MISMATCH
                                ? otherIncarnation(metadata.image().clusterId())
                                : refused.message());
            }
            return result instanceof MetadataResult.Refused refused ? refused.message() : "";
        } catch (ExecutionException | TimeoutException e) {
            return "the metadata group does not answer yet: " + e.getMessage();
        }
    }

    private SortedMap<Integer, Hello> askPeers() throws InterruptedException {
        var calls = new TreeMap<Integer, CompletableFuture<byte[]>>();
        config.initialNodes().forEach((id, address) -> {
            if (id != config.nodeId()) {
                calls.put(id, transport.callAddress(address, Greeting.METHOD, greeting.hello(), HELLO_TIMEOUT));
            }
        });
        var answers = new TreeMap<Integer, Hello>();
        for (Map.Entry<Integer, CompletableFuture<byte[]>> call : calls.entrySet()) {
            try {
                var answer = Greeting.parse(call.getValue().get());
                if (answer.getNode().getNodeId() == call.getKey()) {
                    answers.put(call.getKey(), answer);
                } else {
                    logWhenNew("the address of node " + call.getKey() + " is answered by node "
                            + answer.getNode().getNodeId());
                }
            } catch (ExecutionException | NewerFormatException e) {
                LOG.debug("node {}: no hello from node {}: {}", config.nodeId(), call.getKey(), e.getMessage());
            }
        }
        return answers;
    }

    private void logWhenNew(String reason) {
        if (!reason.isEmpty() && !reason.equals(lastReason)) {
            LOG.warn("node {} waits: {}", config.nodeId(), reason);
        }
        lastReason = reason;
    }

    @Override
    public void close() {
        closed.countDown();
        thread.interrupt();
        try {
            thread.join(TimeUnit.SECONDS.toMillis(10));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        joined.cancel(false);
    }
}
