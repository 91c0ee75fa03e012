package io.cordwood.cli.demo;

import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * How the members of a group shared what there was to read.
 *
 * @param countsByReader records that each of them was given
 * @param handedOver partitions that went from one to another
 * @param givenAgain records that were given once more, because a member had been taken for dead
 */
record Reading(Map<String, Integer> countsByReader, int handedOver, int givenAgain) {
    Reading {
        countsByReader = new TreeMap<>(countsByReader);
    }

    static Reading of(ReadLog log) {
        return new Reading(log.countsByReader(), log.handedOver(), log.givenAgain());
    }

    @Override
    public String toString() {
        var shares = countsByReader.entrySet().stream()
                .map(reader -> DemoReport.count(reader.getValue()) + " by " + reader.getKey())
                .collect(Collectors.joining(", "));
        return shares + "; " + handedOver + " partitions handed over";
    }
}
