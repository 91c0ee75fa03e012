/**
 * Measures a running cluster through its SDK. {@code .micro} holds one JMH class per question, {@code .compare} the yardstick
 * beside Kafka.
 */
@NullMarked
package io.cordwood.bench;

import org.jspecify.annotations.NullMarked;
