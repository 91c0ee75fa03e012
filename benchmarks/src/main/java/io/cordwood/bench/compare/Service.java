package io.cordwood.bench.compare;

import io.cordwood.bench.JsonLine;
import io.cordwood.bench.process.ServerGroup;
import java.io.IOException;
import java.util.List;

/**
 * A log service of three processes with the client that drives it. Results are in the words of the table: {@code megabytesPerSecond}
 * (10^6 bytes of values), {@code recordsPerSecond}, {@code p50Ms}, {@code p99Ms}, {@code maxMs} from the send.
 *
 * <p><b>Thread:</b> one.
 */
interface Service {
    /** Of each server, whoever it is: all of it from the start, so that resident memory does not depend on when a heap grew. */
    List<String> HEAP = List.of("-Xms1g", "-Xmx1g");

    /** The processes; not started yet. */
    ServerGroup servers();

    /** With three replicas and two that must hold a record; returns when each partition has a leader. */
    void createTopic(String topic, int partitions) throws IOException;

    /** Number, from 1, of the node that leads partition 0. */
    int leaderOf(String topic) throws IOException;

    /** Publishes all of it and waits for every acknowledgement. */
    JsonLine publish(Publish load) throws IOException;

    /**
     * Publishes all of it while a reader follows; the time counts until the reader has all. The publisher is launched when the
     * reader is at its place.
     */
    JsonLine publishAndFollow(Publish load) throws IOException;

    /** Reads this many records from the first on. */
    JsonLine readFromStart(String topic, long records) throws IOException;

    /** One record of 1 KB at a time, to a topic of one partition: {@code meanMs}, {@code p50Ms}, {@code p99Ms}. */
    JsonLine oneAtATime(String topic, long records) throws IOException;
}
