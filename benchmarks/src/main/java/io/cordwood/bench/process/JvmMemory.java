package io.cordwood.bench.process;

import com.sun.tools.attach.AttachNotSupportedException;
import com.sun.tools.attach.VirtualMachine;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryMXBean;
import javax.management.JMException;
import javax.management.MBeanServerConnection;
import javax.management.ObjectName;
import javax.management.remote.JMXConnectorFactory;
import javax.management.remote.JMXServiceURL;

/**
 * What another JVM of this machine tells of its memory. Asking starts a few threads in it, which stay, and collects its garbage:
 * what is measured from outside is measured before.
 *
 * @param directBytes of direct buffers
 * @param heapBytes of objects, after a collection
 */
public record JvmMemory(long directBytes, long heapBytes) {
    private static final String DIRECT_POOL = "java.nio:type=BufferPool,name=direct";

    @SuppressWarnings("BanJNDI") // what is asked is a process of our own on this machine, at the address that it gave
    public static JvmMemory of(long pid) throws IOException {
        try (var connector = JMXConnectorFactory.connect(new JMXServiceURL(agentAddress(pid)))) {
            var server = connector.getMBeanServerConnection();
            var memory = ManagementFactory.newPlatformMXBeanProxy(
                    server, ManagementFactory.MEMORY_MXBEAN_NAME, MemoryMXBean.class);
            memory.gc();
            return new JvmMemory(
                    directBytes(server), memory.getHeapMemoryUsage().getUsed());
        }
    }

    private static long directBytes(MBeanServerConnection server) throws IOException {
        try {
            return (Long) server.getAttribute(new ObjectName(DIRECT_POOL), "MemoryUsed");
        } catch (JMException e) {
            throw new IOException("no " + DIRECT_POOL, e);
        }
    }

    private static String agentAddress(long pid) throws IOException {
        try {
            var machine = VirtualMachine.attach(Long.toString(pid));
            try {
                return machine.startLocalManagementAgent();
            } finally {
                machine.detach();
            }
        } catch (AttachNotSupportedException e) {
            throw new IOException("process " + pid + " cannot be asked", e);
        }
    }
}
