package playground

import (
	"fmt"
	"math/rand/v2"
	"net"
)

// ports are the free ports of one playground.
type ports struct {
	EtcdClient, EtcdPeer, API, Kubelet, Git, SSH int
}

// The ports of a playground lie below those that systems give to outgoing connections and to listeners without a wish
// (from 32768 on Linux, from 49152 by IANA): a port that was free when it was found would be taken before its component
// listens, on a busy machine.
const firstPort, lastPort = 20000, 32000

// freePorts finds so many free ports at once.
func freePorts() (ports, error) {
	var p ports
	var held []net.Listener
	defer func() {
		for _, l := range held {
			_ = l.Close()
		}
	}()
	for _, port := range []*int{&p.EtcdClient, &p.EtcdPeer, &p.API, &p.Kubelet, &p.Git, &p.SSH} {
		l, err := listenAnywhere()
		if err != nil {
			return p, fmt.Errorf("find a free port: %w", err)
		}
		held = append(held, l)
		*port = l.Addr().(*net.TCPAddr).Port
	}
	return p, nil
}

// listenAnywhere takes one port that is free, drawn by chance so that playgrounds that start together do not meet.
func listenAnywhere() (net.Listener, error) {
	var err error
	for range 100 {
		var l net.Listener
		port := firstPort + rand.IntN(lastPort-firstPort)
		if l, err = net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return l, nil
		}
	}
	return nil, err
}
